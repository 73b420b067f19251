import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  createCertificateAuthority,
  freePort,
  nativeTool,
  repositoryRoot,
  startDemoSlack,
  type DemoSlack,
} from '@drawbridge/embedded';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { BenchBus } from '../drawbridge/bench-bus.js';
import { BenchIssuer } from '../drawbridge/bench-issuer.js';
import { CONNECTION, startDrawbridgePeer } from '../drawbridge/drawbridge-peer.js';
import { BenchProcess } from '../machine/bench-process.js';
import { waitForAnswer } from '../peers/wait-for-answer.js';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import { HoldsStream } from './holds-stream.js';

export const NAMESPACE = 'payments';
export const DEPLOYMENT = 'checkout';
/** Nobody here is to meet the limits of an agent: what is measured is one click. */
const MANY = { open: '1000', anHour: '10000' } as const;
const MAX_AGENTS = 64;
const APPROVER = 'alice@corp.test';
const OWNER = 'dana@corp.test';
/** Every token of {@link BenchIssuer} says so. */
const GROUP = 'team-0';

type Stop = () => Promise<unknown>;

interface Parts {
  readonly stream: HoldsStream;
  readonly slack: DemoSlack;
  readonly agents: BenchIssuer;
  /** Where the gateway is. */
  readonly origin: string;
  readonly certificateAuthority: string;
  /** Of the approval service. */
  readonly approvalUrl: string;
  readonly humanToken: string;
}

/**
 * Everything that takes part in a click: the production builds of gateway and approval service, each in a process
 * of its own, a real nats-server that writes through to disk, and the stand-ins of the laptop for cluster and Slack.
 */
export class HoldsWorld {
  readonly stream: HoldsStream;
  readonly slack: DemoSlack;
  readonly origin: string;
  readonly certificateAuthority: string;
  readonly approvalUrl: string;
  readonly humanToken: string;
  readonly #agents: BenchIssuer;
  readonly #stops: readonly Stop[];
  #made = 0;

  private constructor(parts: Parts, stops: readonly Stop[]) {
    this.stream = parts.stream;
    this.slack = parts.slack;
    this.origin = parts.origin;
    this.certificateAuthority = parts.certificateAuthority;
    this.approvalUrl = parts.approvalUrl;
    this.humanToken = parts.humanToken;
    this.#agents = parts.agents;
    this.#stops = stops;
  }

  static async start(workers: number): Promise<HoldsWorld> {
    const stops: Stop[] = [];
    try {
      return new HoldsWorld(await startParts(workers, stops), stops);
    } catch (error) {
      for (const stop of stops.toReversed()) await stop();
      throw error;
    }
  }

  /** A new agent with a grant for everything. */
  async agent(): Promise<{ readonly token: string; readonly grantId: string }> {
    const subject = `agent-${this.#made}`;
    this.#made += 1;
    if (this.#made > MAX_AGENTS) throw new Error(`there are no more than ${MAX_AGENTS} agents`);
    const { issuer } = this.#agents;
    const grantee = { issuer, subject, connection: CONNECTION, group: GROUP };
    return {
      token: this.#agents.token(subject),
      grantId: await this.stream.grant(grantee),
    };
  }

  async stop(): Promise<void> {
    for (const stop of this.#stops.toReversed()) await stop();
  }
}

async function startParts(workers: number, stops: Stop[]): Promise<Parts> {
  const directory = mkdtempSync(join(tmpdir(), 'drawbridge-holds-'));
  const clear = () => rmSync(directory, { recursive: true, force: true, maxRetries: 20 });
  process.once('exit', clear);
  stops.push(() => {
    clear();
    return Promise.resolve();
  });
  const program = await nativeTool('nats-server');
  const bus = await BenchBus.start({ program, directory, cores: [] });
  stops.push(() => bus.stop());
  const stream = await HoldsStream.open(bus.url);
  stops.push(() => stream.close());
  const slack = await startDemoSlack();
  stops.push(() => slack.close());
  const cluster = await startCluster();
  stops.push(() => cluster.close());
  const [agents, humans] = [new BenchIssuer(), new BenchIssuer('https://humans.corp.test')];
  await trust(stream, agents, humans);
  const approval = await startApproval({ directory, bus, slack, humans });
  stops.push(() => approval.stop());
  const gateway = await startGateway({ directory, bus, cluster, workers });
  stops.push(() => gateway.stop());
  return {
    stream,
    slack,
    agents,
    origin: gateway.origin,
    certificateAuthority: gateway.certificateAuthority,
    approvalUrl: approval.url,
    humanToken: humans.token(APPROVER),
  };
}

async function startCluster(): Promise<SandboxCluster> {
  const cluster = await startSandboxCluster({
    namespaces: [NAMESPACE],
    adminToken: UPSTREAM_TOKEN,
  });
  const labels = { app: DEPLOYMENT };
  cluster.apply([
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: DEPLOYMENT, namespace: NAMESPACE },
      spec: {
        replicas: 2,
        selector: { matchLabels: labels },
        template: {
          metadata: { labels },
          spec: { containers: [{ name: 'app', image: `${DEPLOYMENT}:1` }] },
        },
      },
    },
  ]);
  return cluster;
}

function trust(stream: HoldsStream, agents: BenchIssuer, humans: BenchIssuer): Promise<void> {
  const owned = Array.from({ length: MAX_AGENTS }, (_, index) => [`agent-${index}`, OWNER]);
  return stream.trust([
    { ...agents.trusted, owners: Object.fromEntries(owned) as Record<string, string> },
    { ...humans.trusted, claims: { kind: 'human', groups: '/groups', email: '/sub' } },
  ]);
}

interface ApprovalOptions {
  readonly directory: string;
  readonly bus: BenchBus;
  readonly slack: DemoSlack;
  readonly humans: BenchIssuer;
}

async function startApproval({ directory, bus, slack, humans }: ApprovalOptions) {
  const at = join(directory, 'approval');
  mkdirSync(at);
  const file = (name: string, text: string): string => {
    writeFileSync(join(at, name), text, { mode: 0o600 });
    return join(at, name);
  };
  file('humans.yaml', JSON.stringify(human(slack, humans)));
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  const running = await BenchProcess.start({
    command: process.execPath,
    args: [join(repositoryRoot(), 'services/approval/dist/main.js')],
    cores: [],
    cwd: at,
    env: {
      NODE_ENV: 'production',
      NATS_URL: bus.url,
      HTTP_PORT: String(port),
      LOG_LEVEL: 'warn',
      CONFIG_DIR: at,
      SLACK_BOT_TOKEN_FILE: file('token', slack.botToken),
      SLACK_SIGNING_SECRET_FILE: file('signing-secret', slack.signingSecret),
      SLACK_TEAM_ID: slack.teamId,
      SLACK_APP_ID: slack.appId,
      SLACK_CHANNEL: slack.channelId,
      SLACK_API_URL: slack.apiUrl,
    },
  });
  await waitForAnswer(`${url}/readyz`, running);
  return { url, stop: () => running.stop() };
}

const human = (slack: DemoSlack, { issuer }: BenchIssuer) => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Human',
  metadata: { name: 'alice' },
  spec: {
    issuer,
    subject: APPROVER,
    email: APPROVER,
    groups: [GROUP],
    slack: { team: slack.teamId, user: slack.users.alice },
  },
});

interface GatewayOptions {
  readonly directory: string;
  readonly bus: BenchBus;
  readonly cluster: SandboxCluster;
  readonly workers: number;
}

async function startGateway({ directory, bus, cluster, workers }: GatewayOptions) {
  const name = 'gateway';
  mkdirSync(join(directory, name));
  const file = (path: string, text: string): string => {
    writeFileSync(join(directory, path), text, { mode: 0o600 });
    return join(directory, path);
  };
  file(join(name, 'guardrails.yaml'), JSON.stringify(guardrail));
  const authority = await createCertificateAuthority('bench');
  const pair = await authority.issueServer(['localhost', '127.0.0.1']);
  const setting = {
    upstreamPort: Number(new URL(cluster.address).port),
    upstreamCa: file('upstream-ca.pem', cluster.certificateAuthority),
    certificateFile: file('tls.crt', pair.certificate),
    keyFile: file('tls.key', pair.key),
    maskKeysFile: file('mask-keys', randomBytes(32).toString('base64')),
    directory,
    cores: [],
    workers,
  };
  const variables = { HOLD_OPEN_PER_AGENT: MANY.open, HOLD_PER_AGENT_AND_HOUR: MANY.anHour };
  const running = await startDrawbridgePeer({ bus, setting, token: '', name, variables });
  const { origin } = running.target;
  return { origin, certificateAuthority: authority.certificate, stop: () => running.stop() };
}

/** Holds what changes a deployment. */
const guardrail = {
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Guardrail',
  metadata: { name: 'bench' },
  spec: {
    rules: [
      {
        name: 'deployments',
        match: { verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'], dryRun: false },
        action: 'hold',
        reason: 'somebody should look at this',
      },
    ],
  },
};
