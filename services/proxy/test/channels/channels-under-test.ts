import { spawn, type ChildProcess } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Rule } from '@drawbridge/contracts';
import { eventually } from '@drawbridge/testing';
import { startClusterUnderTest, type ClusterUnderTest } from '../cluster-under-test.js';
import {
  everything,
  startGateway,
  type ConnectionUnderTest,
  type Gateway,
  type GatewayOptions,
} from '../gateway-under-test.js';

export interface Ran {
  readonly code: number | null;
  readonly out: string;
  readonly err: string;
}

/** A kubectl that has not ended yet. */
export interface Running {
  readonly process: ChildProcess;
  readonly out: () => string;
  readonly err: () => string;
  readonly ended: Promise<Ran>;
}

export interface KubectlOptions {
  readonly input?: string | Buffer;
  readonly env?: Readonly<Record<string, string>>;
  /** Runs this instead of kubectl, in the same environment. */
  readonly program?: readonly [string, ...string[]];
}

export interface ChannelAgent {
  readonly subject: string;
  readonly kubeconfig: string;
  readonly grantId: string;
  readonly requestId: string;
  /** Runs kubectl to its end. */
  run(args: readonly string[], options?: KubectlOptions): Promise<Ran>;
  /** Starts it, with stdin left open. */
  start(args: readonly string[], options?: KubectlOptions): Running;
}

/** A gateway in front of a real control plane whose kubelet runs commands on this machine. */
export interface ChannelsUnderTest {
  readonly cluster: ClusterUnderTest;
  readonly gateway: Gateway;
  /** With a grant of their own. */
  agent(options?: AgentOptions): Promise<ChannelAgent>;
  /** Changes what the gateway is told of the cluster; in force soon after. */
  connect(change: Partial<ConnectionUnderTest>): Promise<void>;
  stop(): Promise<void>;
}

export interface AgentOptions {
  readonly kubectl?: string;
  readonly rules?: readonly Rule[];
  readonly seconds?: number;
  readonly tokenSeconds?: number;
  readonly env?: Readonly<Record<string, string>>;
}

const podNamed = (name: string) => ({
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name, namespace: 'payments' },
  spec: {
    terminationGracePeriodSeconds: 0,
    containers: [{ name: 'app', image: 'checkout:1', stdin: true, ports: [{ containerPort: 80 }] }],
  },
});

export interface ChannelsOptions {
  /** What the gateway is told of the cluster, instead of its address. */
  readonly connection?: Partial<ConnectionUnderTest>;
  /** Starts the gateway. @default in this process */
  readonly launch?: GatewayOptions['launch'];
}

export async function startChannelsUnderTest(
  options: ChannelsOptions = {},
): Promise<ChannelsUnderTest> {
  const cluster = await startClusterUnderTest();
  const { controlPlane, core } = cluster;
  await cluster.create({ apiVersion: 'v1', kind: 'Namespace', metadata: { name: 'payments' } });
  await eventually(async () => {
    await core.readNamespacedServiceAccount({ name: 'default', namespace: 'payments' });
  });
  // The second is the one that gets debuggers.
  for (const name of ['web-0', 'web-1']) {
    await cluster.create(podNamed(name));
    // On a real node there is no such image, and its specs are skipped.
    if (controlPlane.kubelet === undefined) continue;
    await eventually(async () => {
      const { status } = await core.readNamespacedPod({ name, namespace: 'payments' });
      if (status?.phase !== 'Running') throw new Error('not running yet');
    });
  }
  const connection: ConnectionUnderTest = {
    name: 'prod',
    server: controlPlane.server,
    certificateAuthority: controlPlane.certificateAuthority,
    credential:
      'type: clientCertificate\ncertificate: { file: admin.crt }\nkey: { file: admin.key }',
    ...options.connection,
  };
  const gateway = await startGateway({
    connections: [connection],
    variables: { AGENT_CALLS_PER_SECOND: '1000', AGENT_BURST: '1000' },
    ...(options.launch !== undefined && { launch: options.launch }),
  });
  const { users } = JSON.parse(await readFile(controlPlane.kubeconfig, 'utf8')) as {
    users: { user: Record<string, string> }[];
  };
  const admin = users[0]?.user ?? {};
  const decoded = (field: string) => Buffer.from(admin[field] ?? '', 'base64');
  await writeFile(join(gateway.directory, 'admin.crt'), decoded('client-certificate-data'));
  await writeFile(join(gateway.directory, 'admin.key'), decoded('client-key-data'));
  return {
    cluster,
    gateway,
    agent: (agentOptions = {}) => makeAgent(gateway, agentOptions),
    connect: (change) => gateway.writeConnections([{ ...connection, ...change }]),
    stop: async () => {
      await gateway.close();
      await cluster.stop();
    },
  };
}

let agents = 0;

async function makeAgent(gateway: Gateway, options: AgentOptions): Promise<ChannelAgent> {
  agents += 1;
  const subject = `agent-${agents}`;
  const {
    kubectl = 'kubectl',
    rules = [everything],
    seconds = 600,
    tokenSeconds = 3_600,
  } = options;
  const granted = await gateway.grant({ subject, rules, seconds });
  const kubeconfig = join(gateway.directory, `${subject}.kubeconfig`);
  const token = gateway.issuer.token({ sub: subject, lifeSeconds: tokenSeconds });
  await writeFile(kubeconfig, kubeconfigOf(gateway, token));
  const start = (
    args: readonly string[],
    { input, env = {}, program }: KubectlOptions = {},
  ): Running => {
    const [file, ...words] = program ?? [kubectl, ...args];
    const child = spawn(file, words, {
      env: {
        KUBECONFIG: kubeconfig,
        HOME: join(gateway.directory, `home-${subject}`),
        PATH: process.env['PATH'] ?? '',
        ...options.env,
        ...env,
      },
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    child.stdin.on('error', () => undefined);
    if (input !== undefined) child.stdin.end(input);
    const ended = new Promise<Ran>((resolve) => {
      child.on('close', (code) => resolve({ code, out, err }));
    });
    return { process: child, out: () => out, err: () => err, ended };
  };
  const overAt = Date.now() + Math.min(seconds, tokenSeconds) * 1_000;
  await eventually(async () => {
    const { body } = await gateway.call('/connections/prod/version', { token, method: 'POST' });
    if (!body.includes('path_not_allowed') && Date.now() < overAt) throw new Error(body);
  });
  const run = (args: readonly string[], runOptions: KubectlOptions = {}) =>
    start(args, { input: '', ...runOptions }).ended;
  return { subject, kubeconfig, ...granted, run, start };
}

function kubeconfigOf(gateway: Gateway, token: string): string {
  const authority = Buffer.from(gateway.raw.certificateAuthority).toString('base64');
  const cluster = {
    server: `${gateway.address}/connections/prod`,
    'certificate-authority-data': authority,
  };
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    clusters: [{ name: 'drawbridge', cluster }],
    users: [{ name: 'agent', user: { token } }],
    contexts: [
      { name: 'x', context: { cluster: 'drawbridge', user: 'agent', namespace: 'payments' } },
    ],
    'current-context': 'x',
  });
}
