import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AccessRequestView } from '@drawbridge/contracts';
import { demoPeople } from '@drawbridge/embedded';
import {
  type ClusterAccess,
  DEMO_CONNECTION,
  startLaptop,
  takeStateDirectory,
  type Laptop,
} from '@drawbridge/laptop';
import { createLogger } from '@drawbridge/runtime';
import { eventually, startControlPlane, type ControlPlane } from '@drawbridge/testing';
import { parseDocument, stringify } from 'yaml';
import { createGatewayAccount } from './gateway-account.js';
import { callGateway } from './gateway-client.js';

const GRANT_SECONDS = 1800;
/** Of all names of this machine the gateway's certificate has two, of which the other is its own. */
const HOST = '127.0.0.1';
const anything = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
const widePolicy = {
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Policy',
  metadata: { name: 'everything-without-asking' },
  spec: {
    subjects: { groups: ['oncall-agents'] },
    connections: { names: [DEMO_CONNECTION] },
    namespaces: ['*'],
    rules: [anything],
    maxDurationSeconds: GRANT_SECONDS,
    approval: { type: 'none' },
  },
};

/** A real control plane, and the whole of Drawbridge in front of it with a grant for everything. */
export interface WideGateway {
  readonly controlPlane: ControlPlane;
  /** A kubeconfig of the agent that holds the grant; the path names the connection. */
  readonly kubeconfig: string;
  /** One with a host name that stands for the connection, for clients that forget the path. */
  readonly hostKubeconfig: string;
  /** Address of the connection: in front of every path of Kubernetes. */
  readonly base: string;
  /** PEM of the gateway's certificate authority. */
  readonly ca: string;
  /** Of the agent. */
  readonly token: string;
  /** What the gateway itself shows to the cluster. */
  readonly credential: ClusterAccess['credential'];
  /** A scratch directory, removed at the end. */
  readonly directory: string;
  /** All that stands in front of the control plane. */
  readonly laptop: Laptop;
  /** Changes what the Connection document says under `spec.masking`; in force soon after. */
  setMasking(masking: object): void;
  /** What all services logged so far. */
  logged(): string;
  stop(): Promise<void>;
}

export interface WideGatewayOptions {
  /** Further flags of kube-apiserver. */
  readonly apiserverArguments?: readonly string[];
  /** Whether ports of pods may be forwarded. @default 'allow' */
  readonly portForward?: 'allow' | 'refuse';
  /** Further members of the spec of the Connection. */
  readonly connection?: Readonly<Record<string, unknown>>;
  /** What a pod answers to `GET /planted`. */
  readonly podAnswer?: string;
}

/** Many clients at once are one agent here; its limits are the subject of other tests. */
const settings = {
  proxy: {
    ...{ AGENT_CALLS_PER_SECOND: '5000', AGENT_BURST: '5000' },
    // An old kubectl asks for every API group at once, and several of them run here.
    ...{ AGENT_MAX_CALLS: '1024', AGENT_MAX_STREAMS: '256' },
  },
  identity: { REQUESTS_PER_MINUTE: '10000' },
};

/** Starts both; under a minute, most of it the control plane. */
export async function startWideGateway(options: WideGatewayOptions = {}): Promise<WideGateway> {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-gateway-'));
  const controlPlane = await startControlPlane(options);
  const state = takeStateDirectory(join(directory, 'state'));
  const cluster = await createGatewayAccount(controlPlane, directory);
  const lines: string[] = [];
  const logger = createLogger('laptop', { level: 'debug', destination: keepLines(lines) });
  const laptop = await startLaptop({ state, ports: 'any', cluster, settings }, logger);
  const pods = await listenInPods(controlPlane, options);
  const stop = async () => {
    pods.closeAllConnections();
    pods.close();
    await laptop.close();
    await controlPlane.stop();
    rmSync(directory, { recursive: true, force: true });
  };
  try {
    writeFileSync(join(state.path, 'config/wide.yaml'), stringify(widePolicy));
    // For everything means everything: what guardrails do is the subject of other tests.
    for (const name of ['guardrails', 'guardrails.yaml']) {
      rmSync(join(state.path, 'config', name), { recursive: true, force: true });
    }
    const connectionFile = join(state.path, 'config/connection.yaml');
    changeConnection(connectionFile, {
      hosts: [HOST],
      portForward: options.portForward ?? 'allow',
      ...options.connection,
    });
    const token = await agentToken(laptop.identityProvider.issuer);
    await grantEverything(laptop, token);
    const ca = readFileSync(join(state.path, 'gateway-ca.pem'), 'utf8');
    const base = `${laptop.addresses.gateway}/connections/${DEMO_CONNECTION}`;
    const saved = (name: string, server: string) => {
      const path = join(directory, name);
      writeFileSync(path, agentKubeconfig({ base: server, ca, token }), { mode: 0o600 });
      return path;
    };
    const hostBase = base.replace(/localhost(:\d+).*/, `${HOST}$1`);
    await connectionRead({ base: hostBase, ca, token });
    const kubeconfig = saved('path.kubeconfig', base);
    const hostKubeconfig = saved('host.kubeconfig', hostBase);
    const { credential } = cluster;
    const ways = { kubeconfig, hostKubeconfig, base, ca, token, credential };
    const setMasking = (masking: object) => {
      changeConnection(connectionFile, { masking });
    };
    const logged = () => lines.join('');
    return { controlPlane, laptop, ...ways, directory, setMasking, logged, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Keeps every line, and shows those that somebody should see. */
const keepLines = (lines: string[]) => ({
  write: (line: string) => {
    lines.push(line);
    if (!/^\{"level":"(?:debug|info)"/.test(line)) process.stderr.write(line);
  },
});

/** What listens on every port of every pod: it sends back what it gets. */
async function listenInPods(
  { kubelet }: ControlPlane,
  { podAnswer }: WideGatewayOptions,
): Promise<Server> {
  const server = createServer((request, response) => {
    if (request.url === '/planted') response.end(podAnswer);
    else request.pipe(response);
  });
  await new Promise<void>((resolve) => {
    server.listen(kubelet?.podPort ?? 0, '127.0.0.1', resolve);
  });
  return server;
}

function changeConnection(file: string, members: Readonly<Record<string, unknown>>): void {
  const document = parseDocument(readFileSync(file, 'utf8'));
  for (const [name, value] of Object.entries(members)) document.setIn(['spec', name], value);
  writeFileSync(file, document.toString());
}

async function agentToken(issuer: string): Promise<string> {
  const [agent] = demoPeople.agents;
  const login = { client_id: agent.id, client_secret: agent.secret };
  const body = new URLSearchParams({ grant_type: 'client_credentials', ...login });
  const answer = await fetch(`${issuer}/token`, { method: 'POST', body });
  const told: unknown = await answer.json();
  if (typeof told === 'object' && told !== null && 'access_token' in told) {
    return String(told.access_token);
  }
  throw new Error(`the identity provider gave no token: ${answer.status}`);
}

/** Asks until the policy above has been read. */
async function grantEverything({ addresses }: Laptop, token: string): Promise<void> {
  const requests = `${addresses.ingress}/v1/access-requests`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  await eventually(async () => {
    const asked = await fetch(requests, {
      method: 'POST',
      headers,
      body: JSON.stringify({
        connection: DEMO_CONNECTION,
        scope: { rules: [anything] },
        durationSeconds: GRANT_SECONDS,
        reason: 'conformance',
      }),
    });
    const { id } = AccessRequestView.parse(await asked.json());
    const answer = await fetch(`${requests}/${id}?wait=5`, { headers });
    const { status, refusal } = AccessRequestView.parse(await answer.json());
    if (status === 'granted') return;
    // One of its scope may be open at a time, and this one was judged by the policy of before.
    await fetch(`${requests}/${id}`, { method: 'DELETE', headers });
    throw new Error(`${status} ${JSON.stringify(refusal)}`);
  });
}

/** Waits until the proxy has read the Connection document, which names the host: that ends what is under way. */
const connectionRead = (ways: Pick<WideGateway, 'base' | 'ca' | 'token'>): Promise<void> =>
  eventually(async () => {
    const { status, body } = await callGateway({ ...ways, path: '/version' });
    if (status !== 200) throw new Error(`${HOST} stands for no connection yet: ${status} ${body}`);
  });

function agentKubeconfig({ base, ca, token }: Pick<WideGateway, 'base' | 'ca' | 'token'>): string {
  const authority = Buffer.from(ca).toString('base64');
  return JSON.stringify({
    apiVersion: 'v1',
    kind: 'Config',
    'current-context': 'gateway',
    clusters: [
      { name: 'gateway', cluster: { server: base, 'certificate-authority-data': authority } },
    ],
    users: [{ name: 'agent', user: { token } }],
    contexts: [{ name: 'gateway', context: { cluster: 'gateway', user: 'agent' } }],
  });
}
