import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ApprovalConfig, startApproval } from '@drawbridge/approval';
import { TrustBundle, writerOf, type AccessEvent } from '@drawbridge/contracts';
import {
  DEMO_WEB_CLIENT,
  demoPeople,
  freePort,
  startDemoIdentityProvider,
  startDemoSlack,
  type DemoIdentityProvider,
} from '@drawbridge/embedded';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  publishTrustBundle,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { Closers, createLogger, loadConfig, uuidV7 } from '@drawbridge/runtime';
import { eventually, startNats } from '@drawbridge/testing';
import { z } from 'zod';

/** Approval with Slack and an identity provider: enough for a human to approve with a fresh login. */
export interface StepUpWorld {
  /** Address of approval. */
  readonly approvals: string;
  readonly identityProvider: DemoIdentityProvider;
  /** A new request of the demo's agent. @returns its id, and the address that its card leads to */
  ask(): Promise<{ readonly id: string; readonly link: string }>;
  /** What was recorded of it. */
  history(id: string): Promise<readonly AccessEvent[]>;
  stop(): Promise<void>;
}

const apiVersion = 'drawbridge.dev/v1alpha1';
const claims = {
  kind: { pointer: '/principal_type', agent: ['agent'], human: ['human'] },
  groups: '/groups',
  email: '/email',
  owner: '/owner',
};
const believed = { audiences: ['drawbridge'], algorithms: ['RS256' as const], claims };

export async function startStepUpWorld(): Promise<StepUpWorld> {
  const closers = new Closers();
  const nats = await startNats();
  closers.add(() => nats.stop());
  const connection = await connectJetStream({ servers: nats.servers, name: 'world' });
  closers.add(() => connection.close());
  await declareStreams(connection, { replicas: 1 });
  const approvals = `http://127.0.0.1:${await freePort()}`;
  const identityProvider = await startDemoIdentityProvider({
    ...demoPeople,
    host: '127.0.0.1',
    audience: 'drawbridge',
    webRedirectUris: [`${approvals}/v1/step-up/callback`],
  });
  closers.add(() => identityProvider.close());
  await publishTrustBundle(connection, await bundleOf(identityProvider.issuer));
  const slack = await startDemoSlack();
  closers.add(() => slack.close());
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-step-up-'));
  closers.add(() => rm(directory, { recursive: true }));
  await writeFile(join(directory, 'issuer.yaml'), issuerOf(identityProvider.issuer));
  await writeFile(join(directory, 'bot-token'), slack.botToken, { mode: 0o600 });
  await writeFile(join(directory, 'signing-secret'), slack.signingSecret, { mode: 0o600 });
  const config = loadConfig(ApprovalConfig, {
    NATS_URL: nats.servers,
    HTTP_PORT: new URL(approvals).port,
    PUBLIC_URL: approvals,
    CONFIG_DIR: directory,
    SLACK_BOT_TOKEN_FILE: join(directory, 'bot-token'),
    SLACK_SIGNING_SECRET_FILE: join(directory, 'signing-secret'),
    SLACK_TEAM_ID: slack.teamId,
    SLACK_CHANNEL: slack.channelId,
    SLACK_API_URL: slack.apiUrl,
  });
  const service = await startApproval(config, {
    logger: createLogger('approval', { level: 'fatal' }),
  });
  closers.add(() => service.close());

  const linkOf = (id: string) =>
    eventually(async () => {
      const cards = await slack.messages();
      const card = cards.find(({ metadata }) => metadata?.event_payload['request_id'] === id);
      const link = /"url":"([^"]+)"/.exec(JSON.stringify(card?.blocks ?? []))?.[1];
      if (link === undefined) throw new Error(`no link on a card of ${id}`);
      return link;
    });
  return {
    approvals,
    identityProvider,
    ask: async () => {
      const id = uuidV7(new Date());
      await append(connection, id, request(identityProvider.issuer));
      return { id, link: await linkOf(id) };
    },
    history: async (id) =>
      (await accessEventStore(connection, 'audit').load(id)).events.map(({ event }) => event),
    stop: () => closers.close(),
  };
}

async function bundleOf(issuer: string): Promise<TrustBundle> {
  const response = await fetch(`${issuer}/jwks`);
  const { keys } = z.object({ keys: z.array(z.unknown()) }).parse(await response.json());
  return TrustBundle.parse({
    revision: 1,
    publishedAt: new Date().toISOString(),
    issuers: [{ ...believed, issuer, clockSkewSeconds: 30, keys }],
  });
}

const issuerOf = (issuer: string): string =>
  // JSON is YAML.
  JSON.stringify({
    apiVersion,
    kind: 'Issuer',
    metadata: { name: 'demo' },
    spec: {
      ...believed,
      issuer,
      allowInsecureHttp: true,
      login: { deviceClientId: 'drawbridge-cli', web: { clientId: DEMO_WEB_CLIENT } },
    },
  });

async function append(
  connection: JetStreamConnection,
  id: string,
  events: readonly AccessEvent[],
): Promise<void> {
  for (const event of events) {
    const store = accessEventStore(connection, writerOf[event.type]);
    const { position } = await store.load(id);
    const now = new Date();
    const actor = { kind: 'service', id: writerOf[event.type] } as const;
    const metadata = { id: uuidV7(now), causationId: id, actor, at: now.toISOString() };
    await store.append({ aggregateId: id, position, event, metadata });
  }
}

/** A request that policy has validated, and whose approver must come with a security key. */
function request(issuer: string): readonly AccessEvent[] {
  const requester = {
    kind: 'agent' as const,
    issuer,
    subject: 'agent-oncall',
    groups: ['oncall-agents'],
    owner: 'dana@corp.test',
  };
  const asked = {
    connection: 'prod-eks',
    durationSeconds: 900,
    reason: 'readiness probe <b>failing</b>',
    ticket: 'INC-4211',
  };
  const rules = [
    {
      verbs: ['get', 'patch'],
      apiGroups: ['apps'],
      resources: ['deployments'],
      namespaces: ['payments'],
      resourceNames: ['checkout'],
    },
  ];
  return [
    {
      type: 'AccessRequested',
      data: { requester, request: { ...asked, scope: { rules } }, digest: 'digest' },
    },
    {
      type: 'AccessRequestValidated',
      data: {
        policy: { name: 'production', version: 'a1b2c3d4e5f6' },
        requester,
        terms: { ...asked, environment: 'production', rules },
        cuts: [],
        approval: {
          type: 'steps',
          order: 'parallel',
          steps: [{ type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] }],
          denyThreshold: 1,
          excludeOwner: true,
          timeoutSeconds: 1800,
          stepUp: { maxAgeSeconds: 300, acr: ['phr'] },
        },
        risk: { level: 'high', reasons: ['changes in environment "production"'] },
      },
    },
  ];
}
