import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCertificateAuthority, nativeTool } from '@drawbridge/embedded';
import { BenchBus } from '../drawbridge/bench-bus.js';
import { startDrawbridgePeer } from '../drawbridge/drawbridge-peer.js';
import { documentsOf, NAMESPACE } from './life-configuration.js';
import { startApproval, startIdentity, startPolicy } from './life-services.js';
import { LifeStream } from './life-stream.js';
import { StandIns } from './stand-ins.js';

export interface LifeSetting {
  readonly agents: number;
  /** Worker threads of the gateway. */
  readonly workers: number;
  /** All deployments that are asked for. */
  readonly deployments: readonly string[];
}

type Stop = () => Promise<unknown>;

interface Parts {
  readonly stream: LifeStream;
  readonly standIns: StandIns;
  /** Of the identity service. */
  readonly ingressUrl: string;
  /** Of the approval service. */
  readonly approvalUrl: string;
  /** Where the gateway is. */
  readonly origin: string;
  readonly certificateAuthority: string;
  /** Whose CPU is counted, by name. */
  readonly pids: Readonly<Record<string, number>>;
}

/**
 * Everything that takes part in the life of a request: the production builds of the services, each in a process of
 * its own, a real nats-server that writes through to disk, and the laptop's stand-ins in another process.
 */
export class LifeWorld {
  private constructor(
    readonly parts: Parts,
    private readonly stops: readonly Stop[],
  ) {}

  static async start(setting: LifeSetting): Promise<LifeWorld> {
    const stops: Stop[] = [];
    try {
      return new LifeWorld(await startParts(setting, stops), stops);
    } catch (error) {
      for (const stop of stops.toReversed()) await stop();
      throw error;
    }
  }

  async stop(): Promise<void> {
    for (const stop of this.stops.toReversed()) await stop();
  }
}

async function startParts(setting: LifeSetting, stops: Stop[]): Promise<Parts> {
  const started = <Part extends { stop: Stop }>(part: Part): Part => {
    stops.push(() => part.stop());
    return part;
  };
  const directory = temporaryDirectory(stops);
  const bus = started(
    await BenchBus.start({ program: await nativeTool('nats-server'), directory, cores: [] }),
  );
  const stream = await LifeStream.open(bus.url);
  stops.push(() => stream.close());
  const { agents, deployments } = setting;
  const standIns = started(
    await StandIns.start({ agents, namespace: NAMESPACE, deployments: [...deployments] }),
  );
  const around = surroundings(directory, bus.url);
  for (const [name, text] of Object.entries(documentsOf(standIns.at)))
    writeFileSync(join(around.configDirectory, name), text);
  // The gateway writes the document of the connection, and waits for the keys that identity publishes.
  const identity = started(await startIdentity(around));
  const gateway = started(await startGateway({ directory, bus, standIns, ...setting }));
  const policy = started(await startPolicy(around));
  const approval = started(await startApproval(around, standIns.at));
  return {
    stream,
    standIns,
    ingressUrl: identity.url,
    approvalUrl: approval.url,
    origin: gateway.origin,
    certificateAuthority: gateway.certificateAuthority,
    pids: {
      identity: identity.pid,
      policy: policy.pid,
      approval: approval.pid,
      gateway: gateway.pid,
      'nats-server': bus.pid,
      'stand-ins': standIns.pid,
      agents: process.pid,
    },
  };
}

function temporaryDirectory(stops: Stop[]): string {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-life-'));
  const clear = () => rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
  process.once('exit', clear);
  stops.push(() => {
    clear();
    return Promise.resolve();
  });
  return directory;
}

/** Of the directory that all services read their configuration from. */
const CONFIGURATION = 'configuration';

function surroundings(directory: string, natsUrl: string) {
  const configDirectory = join(directory, CONFIGURATION);
  mkdirSync(configDirectory);
  return { natsUrl, configDirectory, file: writerIn(directory) };
}

function writerIn(directory: string) {
  return (name: string, text: string): string => {
    writeFileSync(join(directory, name), text, { mode: 0o600 });
    return join(directory, name);
  };
}

interface GatewayOptions {
  readonly directory: string;
  readonly bus: BenchBus;
  readonly standIns: StandIns;
  readonly workers: number;
}

async function startGateway({ directory, bus, standIns, workers }: GatewayOptions) {
  const { port, certificateAuthority } = standIns.at.cluster;
  const file = writerIn(directory);
  const authority = await createCertificateAuthority('bench');
  const pair = await authority.issueServer(['localhost', '127.0.0.1']);
  const setting = {
    upstreamPort: port,
    upstreamCa: file('upstream-ca.pem', certificateAuthority),
    certificateFile: file('tls.crt', pair.certificate),
    keyFile: file('tls.key', pair.key),
    maskKeysFile: file('mask-keys', randomBytes(32).toString('base64')),
    directory,
    cores: [],
    workers,
  };
  const running = await startDrawbridgePeer({ bus, setting, token: '', name: CONFIGURATION });
  const { origin, pid = 0 } = running.target;
  return {
    origin,
    pid,
    certificateAuthority: authority.certificate,
    stop: () => running.stop(),
  };
}
