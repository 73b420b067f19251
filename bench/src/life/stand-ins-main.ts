import {
  startDemoIdentityProvider,
  startDemoSlack,
  type DemoIdentityProvider,
  type DemoSlack,
  type SignedRequest,
} from '@drawbridge/embedded';
import { startSandboxCluster, type SandboxCluster } from '@drawbridge/sandbox-cluster';
import { UPSTREAM_TOKEN } from '../upstream/nginx-upstream.js';
import { agentClaims, approverClaims, approvers, AUDIENCE, type Claims } from './life-people.js';
import {
  SignPresses,
  StandInsSetting,
  type Ready,
  type StandInsMessage,
} from './stand-ins-messages.js';

const LIFE_SECONDS = 6 * 3_600;

/**
 * Identity provider, Slack and cluster of the laptop, in a process of their own: what they cost is theirs, and must
 * not keep the agents of the bench from looking at the clock.
 */
async function main(setting: StandInsSetting): Promise<void> {
  const identityProvider = await startDemoIdentityProvider({
    host: '127.0.0.1',
    audience: AUDIENCE,
    agents: [],
    humans: [],
  });
  const slack = await startDemoSlack();
  const cluster = await startCluster(setting);
  process.on('message', (message) => {
    signAll(slack, SignPresses.parse(message))
      .then((signed) => tell({ kind: 'signed', signed }))
      .catch((error: unknown) => tell({ kind: 'failed', reason: String(error) }));
  });
  // Whoever started it has gone.
  process.once('disconnect', () => process.exit(0));
  tell(await readyWith({ setting, identityProvider, slack, cluster }));
}

interface Parts {
  readonly setting: StandInsSetting;
  readonly identityProvider: DemoIdentityProvider;
  readonly slack: DemoSlack;
  readonly cluster: SandboxCluster;
}

async function readyWith({ setting, identityProvider, slack, cluster }: Parts): Promise<Ready> {
  const token = (claims: Claims) => signToken(identityProvider, claims);
  const numbers = Array.from({ length: setting.agents }, (_, number) => number);
  const { apiUrl, botToken, signingSecret, teamId, appId, channelId } = slack;
  const { alice, bob, erin } = slack.users;
  return {
    kind: 'ready',
    issuer: identityProvider.issuer,
    agentTokens: await Promise.all(numbers.map((number) => token(agentClaims(number)))),
    approverTokens: await Promise.all(approvers.map((each) => token(approverClaims(each)))),
    cluster: {
      port: Number(new URL(cluster.address).port),
      certificateAuthority: cluster.certificateAuthority,
    },
    slack: {
      apiUrl,
      botToken,
      signingSecret,
      teamId,
      appId,
      channelId,
      users: { alice, bob, erin },
    },
  };
}

function signToken(identityProvider: DemoIdentityProvider, claims: Claims): Promise<string> {
  const now = Math.floor(Date.now() / 1_000);
  const { issuer } = identityProvider;
  return identityProvider.sign({
    ...claims,
    iss: issuer,
    aud: AUDIENCE,
    iat: now,
    exp: now + LIFE_SECONDS,
  });
}

async function startCluster({ namespace, deployments }: StandInsSetting): Promise<SandboxCluster> {
  const cluster = await startSandboxCluster({
    namespaces: [namespace],
    adminToken: UPSTREAM_TOKEN,
  });
  cluster.apply(
    deployments.map((name) => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name, namespace },
      spec: {
        replicas: 1,
        selector: { matchLabels: { app: name } },
        template: {
          metadata: { labels: { app: name } },
          spec: { containers: [{ name: 'app', image: 'app:1' }] },
        },
      },
    })),
  );
  return cluster;
}

async function signAll(
  slack: DemoSlack,
  { callbackUrl, presses }: SignPresses,
): Promise<SignedRequest[]> {
  const messages = await slack.messages();
  const cards = new Map(
    messages.map((message) => [message.metadata?.event_payload['request_id'], message]),
  );
  return Promise.all(
    presses.map(({ requestId, user }) => {
      const message = cards.get(requestId);
      if (message === undefined) throw new Error(`there is no card of ${requestId}`);
      return slack.signClick({ user, message, actionId: 'drawbridge_approve', callbackUrl });
    }),
  );
}

function tell(message: StandInsMessage): void {
  process.send?.(message);
}

await main(StandInsSetting.parse(JSON.parse(process.argv[2] ?? '')));
