import { randomBytes } from 'node:crypto';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import {
  ChildWatch,
  createCertificateAuthority,
  freePort,
  repositoryRoot,
} from '@drawbridge/embedded';
import { memoryBytes } from '../machine/process-usage.js';
import { waitForAnswer } from '../peers/wait-for-answer.js';
import type { SoakBus } from './soak-bus.js';
import { eks, type SoakCluster } from './soak-cluster.js';
import { takeCensus, type Census } from './census.js';
import { openFiles, type KnownPorts } from './open-files.js';

export const connections = { eks: 'prod-eks', bound: 'prod-bound' } as const;

/** Few, so that a flood is refused also where the machine is slow. */
const AGENT_MAX_CALLS = 8;
/** Of a machine that does many other things. */
const START_MS = 180_000;
const READY_AGAIN_MS = 30_000;
const POLL_MS = 50;

export interface GatewayOptions {
  readonly directory: string;
  readonly bus: SoakBus;
  readonly cluster: SoakCluster;
  readonly workers: number;
}

interface GatewayPlace {
  readonly port: number;
  readonly certificateAuthority: string;
  readonly health: string;
  readonly ports: KnownPorts;
}

/** The gateway from the production build, in a process of its own that can be looked into. */
export class SoakGateway {
  readonly log: string[] = [];
  #inspector = '';

  private constructor(
    private readonly child: ChildProcess,
    private readonly at: GatewayPlace,
  ) {
    let rest = '';
    child.stdout?.on('data', (chunk: Buffer) => {
      const lines = `${rest}${chunk.toString()}`.split('\n');
      rest = lines.pop() ?? '';
      this.log.push(...lines);
    });
    child.stderr?.on('data', (chunk: Buffer) => {
      const address = /ws:\/\/\S+/.exec(chunk.toString())?.[0];
      if (address !== undefined) this.#inspector ||= address;
    });
  }

  static async start(options: GatewayOptions): Promise<SoakGateway> {
    const directory = join(options.directory, 'gateway');
    mkdirSync(directory, { recursive: true });
    writeConnections(directory, options.cluster);
    const authority = await createCertificateAuthority('soak');
    const pair = await authority.issueServer(['localhost', '127.0.0.1']);
    writeFileSync(join(directory, 'tls.crt'), pair.certificate);
    writeFileSync(join(directory, 'tls.key'), pair.key, { mode: 0o600 });
    const maskKey = randomBytes(32).toString('base64');
    writeFileSync(join(directory, 'mask-keys'), maskKey, { mode: 0o600 });
    const [https, http] = [await freePort(), await freePort()];
    const env = environment(options, { directory, https, http });
    const child = spawn(
      process.execPath,
      ['--inspect=127.0.0.1:0', join(repositoryRoot(), 'services/proxy/dist/main.js')],
      { stdio: ['ignore', 'pipe', 'pipe'], env },
    );
    process.once('exit', () => child.kill('SIGKILL'));
    const health = `http://127.0.0.1:${http}`;
    const ports = portsOf(options, { https, http });
    const { certificate: certificateAuthority } = authority;
    const gateway = new SoakGateway(child, { port: https, certificateAuthority, health, ports });
    const watch = new ChildWatch(child, { name: 'the gateway', env });
    await waitForAnswer(`${health}/readyz`, { watch }, { deadlineMs: START_MS });
    return gateway;
  }

  get port(): number {
    return this.at.port;
  }

  get certificateAuthority(): string {
    return this.at.certificateAuthority;
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  get residentBytes(): number {
    return memoryBytes(this.pid);
  }

  openFiles(): Readonly<Record<string, number>> {
    return openFiles(this.pid, this.at.ports);
  }

  census(): Promise<Census> {
    return takeCensus(this.#inspector);
  }

  /**
   * Figures that `/readyz` tells, once it is ready: whoever has just counted its heap has held it up for so long that
   * it may have missed heartbeats of the bus.
   */
  async figures(): Promise<Readonly<Record<string, number>>> {
    const deadline = performance.now() + READY_AGAIN_MS;
    for (;;) {
      try {
        return await this.#figuresNow();
      } catch (error) {
        if (performance.now() >= deadline) throw error;
        await delay(POLL_MS);
      }
    }
  }

  async #figuresNow(): Promise<Readonly<Record<string, number>>> {
    const answer = await fetch(`${this.at.health}/readyz`);
    const body = (await answer.json()) as { figures?: Record<string, number> };
    if (!answer.ok) throw new Error(`the gateway is not ready: ${JSON.stringify(body)}`);
    return body.figures ?? {};
  }

  /** @returns its exit code */
  async stop(): Promise<number | null> {
    const { exitCode, signalCode } = this.child;
    if (exitCode !== null || signalCode !== null) return exitCode;
    this.child.kill('SIGTERM');
    const [code] = (await once(this.child, 'exit')) as [number | null];
    return code;
  }
}

interface Placed {
  readonly directory: string;
  readonly https: number;
  readonly http: number;
}

function environment({ bus, cluster, workers }: GatewayOptions, placed: Placed) {
  const { accessKeyId, secretAccessKey, sessionToken = '' } = cluster.aws.ambient;
  const { directory, https, http } = placed;
  return {
    NODE_ENV: 'production',
    PATH: process.env['PATH'] ?? '',
    HOME: directory,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
    AWS_ENDPOINT_URL_STS: cluster.aws.endpoint,
    AWS_ENDPOINT_URL_EKS: cluster.aws.endpoint,
    AWS_EC2_METADATA_DISABLED: 'true',
    NATS_URL: bus.url,
    CONFIG_DIR: directory,
    HTTP_PORT: String(http),
    HTTPS_PORT: String(https),
    PUBLIC_URL: 'https://localhost',
    HOSTS: '127.0.0.1',
    TLS_CERT_FILE: join(directory, 'tls.crt'),
    TLS_KEY_FILE: join(directory, 'tls.key'),
    MASK_KEYS_FILE: join(directory, 'mask-keys'),
    LOG_LEVEL: 'warn',
    AGENT_MAX_CALLS: String(AGENT_MAX_CALLS),
    WORKERS: String(workers),
  };
}

const portOf = (address: string): number => Number(new URL(address).port);

function portsOf({ bus, cluster }: GatewayOptions, { https, http }: Omit<Placed, 'directory'>) {
  return {
    remote: new Map([
      [portOf(cluster.controlPlane.server), 'cluster'],
      [portOf(cluster.aws.endpoint), 'AWS'],
      [portOf(bus.url), 'NATS'],
    ]),
    local: new Map([
      [https, 'agent'],
      [http, 'health'],
    ]),
  };
}

/** JSON is YAML; more than one document is not JSON. */
function writeConnections(directory: string, { controlPlane, admin }: SoakCluster): void {
  const file = (name: string, text: string) =>
    writeFileSync(join(directory, name), text, { mode: 0o600 });
  file('cluster-ca.pem', controlPlane.certificateAuthority);
  file('admin.crt', admin.certificate);
  file('admin.key', admin.key);
  const document = (name: string, spec: object) =>
    JSON.stringify({
      apiVersion: 'drawbridge.dev/v1alpha1',
      kind: 'Connection',
      metadata: { name },
      spec: {
        environment: 'soak',
        server: controlPlane.server,
        certificateAuthorityFile: 'cluster-ca.pem',
        ...spec,
      },
    });
  const credential = {
    type: 'eks',
    clusterName: eks.cluster,
    region: eks.region,
    roleArn: eks.role,
    durationSeconds: 900,
  };
  const certificate = {
    type: 'clientCertificate',
    certificate: { file: 'admin.crt' },
    key: { file: 'admin.key' },
  };
  const identity = { mode: 'impersonate', ephemeralRbac: true };
  const documents = [
    document(connections.eks, { credential }),
    document(connections.bound, { credential: certificate, identity }),
  ];
  file('connections.yaml', documents.join('\n---\n'));
}
