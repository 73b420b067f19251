import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LoggerService } from '@nestjs/common';
import type {
  AccessEvent,
  AccessEventType,
  AccessTerms,
  ApprovalRequirement,
  Principal,
  TrustedIssuer,
} from '@drawbridge/contracts';
import { writerOf } from '@drawbridge/contracts';
import { startDemoSlack, type DemoSlack, type DemoSlackMessage } from '@drawbridge/embedded';
import {
  accessEventStore,
  connectJetStream,
  declareStreams,
  publishTrustBundle,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import { uuidV7, type RunningService } from '@drawbridge/runtime';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { z } from 'zod';
import { ApprovalConfig, startApproval } from '../src/index.js';
import { makeDemoTokens, type DemoTokens } from './demo-tokens.js';
import {
  accessRequested,
  agent,
  alice,
  bob,
  dana,
  erin,
  humansOf,
  validated,
} from './sample-events.js';
import { startTcpRelay, type TcpRelay } from './tcp-relay.js';

type Recorded = RecordedEvent<AccessEvent>;
type Line = Readonly<Record<string, unknown>>;

/** A replica of the service that can be killed: cut off from everything at once, whatever it was doing. */
export interface Replica {
  readonly url: string;
  readonly slackUrl: string;
  /** Where it reaches Slack. */
  readonly slackOrigin: string;
  kill(): void;
  close(): Promise<void>;
}

/** Real NATS, a Slack workspace, an identity provider's keys, and as many replicas as a test starts. */
export interface World {
  readonly nats: TestNats;
  readonly connection: JetStreamConnection;
  readonly slack: DemoSlack;
  readonly tokens: DemoTokens;
  /** What all replicas logged. */
  readonly log: Line[];
  start(options?: ReplicaOptions): Promise<Replica>;
  /** Appends an event as the service that may; returns its request id. */
  append(requestId: string, ...events: AccessEvent[]): Promise<void>;
  /** A new request that policy has validated and that needs `count` humans. */
  ask(options?: AskOptions): Promise<string>;
  history(requestId: string): Promise<readonly Recorded[]>;
  /** Waits for the first event of this type. */
  eventOf(requestId: string, type: AccessEventType): Promise<Recorded>;
  /** Disables these humans and enables all others, and waits until the replica goes by it. */
  disable(replica: Replica, ...humans: Principal[]): Promise<void>;
  /** Writes who is in which group; whoever is not named stays as they were. */
  regroup(groups: Partial<Record<keyof typeof people, readonly string[]>>): Promise<void>;
  /** Writes that this human alone is on call by the schedule `payments`. */
  putOnCall(human: Principal): Promise<void>;
  /** Replaces the documents that the world was started with. */
  configure(documents: readonly object[]): Promise<void>;
  /** Messages that show this request; one, when all is well. */
  cards(requestId: string): Promise<DemoSlackMessage[]>;
  /** Waits for the card, and until it says all of `words`. */
  card(requestId: string, ...words: string[]): Promise<DemoSlackMessage>;
  stop(): Promise<void>;
}

export interface ReplicaOptions {
  readonly clock?: Clock;
  /** @default true */
  readonly slack?: boolean;
  /** Socket Mode beside requests, or instead of them. @default none */
  readonly socket?: 'also' | 'only';
  /** @default 1000 */
  readonly slackTimeoutMs?: number;
  /** Variables beside the usual ones. */
  readonly env?: Readonly<Record<string, string>>;
}

export interface WorldOptions {
  /** Believed beside the usual one. */
  readonly issuers?: readonly TrustedIssuer[];
  /** In the configuration directory beside the humans. */
  readonly documents?: readonly object[];
}

export interface AskOptions {
  readonly count?: number;
  /** Instead of `count` humans. */
  readonly approval?: ApprovalRequirement;
  readonly timeoutSeconds?: number;
  readonly requester?: Principal;
  readonly reason?: string;
  /** Other terms. */
  readonly changed?: Partial<AccessTerms>;
}

export const people = { alice, bob, dana, erin };

export async function startWorld(options: WorldOptions = {}): Promise<World> {
  const nats = await startNats();
  const connection = await connectJetStream({ servers: nats.servers, name: 'world' });
  await declareStreams(connection, { replicas: 1 });
  const [slack, made] = await Promise.all([startDemoSlack(), makeDemoTokens(alice.issuer)]);
  const issuers = [...made.bundle.issuers, ...(options.issuers ?? [])];
  const tokens = { ...made, bundle: { ...made.bundle, issuers } };
  await publishTrustBundle(connection, tokens.bundle);
  const directory = await writeConfiguration(slack);
  await writeFile(join(directory, 'more.yaml'), yamlOf(options.documents ?? []));
  return new RealWorld({ nats, connection, slack, tokens, directory });
}

interface Parts {
  readonly nats: TestNats;
  readonly connection: JetStreamConnection;
  readonly slack: DemoSlack;
  readonly tokens: DemoTokens;
  readonly directory: string;
}

interface Relays {
  readonly natsRelay: TcpRelay;
  readonly slackRelay: TcpRelay;
}

class RealWorld implements World {
  readonly nats: TestNats;
  readonly connection: JetStreamConnection;
  readonly slack: DemoSlack;
  readonly tokens: DemoTokens;
  readonly log: Line[] = [];
  readonly #directory: string;
  readonly #replicas = new Set<Replica>();
  readonly #dying: Promise<void>[] = [];
  #revision: number;

  constructor({ nats, connection, slack, tokens, directory }: Parts) {
    this.nats = nats;
    this.connection = connection;
    this.slack = slack;
    this.tokens = tokens;
    this.#revision = tokens.bundle.revision;
    this.#directory = directory;
  }

  async start(options: ReplicaOptions = {}): Promise<Replica> {
    const natsRelay = await startTcpRelay(Number(new URL(this.nats.servers).port));
    const slackRelay = await startTcpRelay(Number(new URL(this.slack.apiUrl).port));
    const service = await this.#startService(options, { natsRelay, slackRelay });
    const replica = this.#replica(service, { natsRelay, slackRelay });
    this.#replicas.add(replica);
    return replica;
  }

  #startService(
    { clock, slack = true, socket, slackTimeoutMs = 1_000, env = {} }: ReplicaOptions,
    { natsRelay, slackRelay }: { readonly natsRelay: TcpRelay; readonly slackRelay: TcpRelay },
  ): Promise<RunningService> {
    const { slack: workspace } = this;
    const config = ApprovalConfig.parse({
      NATS_URL: `nats://127.0.0.1:${natsRelay.port}`,
      HTTP_PORT: '0',
      // Tests set the clock to where they need it.
      MAX_CLOCK_SKEW_MS: '100000000000',
      ADMIN_GROUPS: 'platform, root',
      ...(slack
        ? {
            CONFIG_DIR: join(this.#directory),
            SLACK_BOT_TOKEN_FILE: join(this.#directory, 'token'),
            ...(socket === 'only'
              ? {}
              : { SLACK_SIGNING_SECRET_FILE: join(this.#directory, 'signing-secret') }),
            ...(socket === undefined
              ? {}
              : { SLACK_APP_TOKEN_FILE: join(this.#directory, 'app-token') }),
            SLACK_TEAM_ID: workspace.teamId,
            SLACK_APP_ID: workspace.appId,
            SLACK_CHANNEL: workspace.channelId,
            SLACK_API_URL: `http://127.0.0.1:${slackRelay.port}/api/`,
          }
        : {}),
      ...env,
    });
    const dependencies = {
      logger: recordingLogger(this.log),
      ackWaitMs: 2_000,
      slackTimeoutMs,
    };
    return startApproval(config, { ...dependencies, ...(clock === undefined ? {} : { clock }) });
  }

  #replica(service: RunningService, { natsRelay, slackRelay }: Relays): Replica {
    const relays = [natsRelay, slackRelay];
    const url = service.addresses['http'] ?? '';
    const end = async () => {
      this.#replicas.delete(replica);
      await service.close();
      for (const relay of relays) await relay.close();
    };
    const replica: Replica = {
      url,
      slackUrl: `${url}/slack/events`,
      slackOrigin: `http://127.0.0.1:${slackRelay.port}`,
      kill: () => {
        for (const relay of relays) relay.cut();
        // It reaches nothing any more; what it still tries to end in peace need not be waited for.
        this.#dying.push(end());
      },
      close: end,
    };
    return replica;
  }

  async append(requestId: string, ...events: AccessEvent[]): Promise<void> {
    for (const event of events) {
      const store = accessEventStore(this.connection, writerOf[event.type]);
      const { position } = await store.load(requestId);
      const now = new Date();
      const metadata = {
        id: uuidV7(now),
        causationId: requestId,
        actor: { kind: 'service', id: writerOf[event.type] } as const,
        at: now.toISOString(),
      };
      await store.append({ aggregateId: requestId, position, event, metadata });
    }
  }

  async ask(options: AskOptions = {}): Promise<string> {
    const { count = 1, timeoutSeconds = 1800, requester = agent, reason } = options;
    const humans = { ...humansOf(count), timeoutSeconds };
    const requestId = uuidV7(new Date());
    const changed = { ...options.changed, ...(reason === undefined ? {} : { reason }) };
    await this.append(
      requestId,
      accessRequested,
      validated(options.approval ?? humans, requester, changed),
    );
    return requestId;
  }

  async history(requestId: string): Promise<readonly Recorded[]> {
    return (await accessEventStore(this.connection, 'audit').load(requestId)).events;
  }

  eventOf(requestId: string, type: AccessEventType): Promise<Recorded> {
    return eventually(async () => {
      const found = (await this.history(requestId)).find(({ event }) => event.type === type);
      if (found === undefined) throw new Error(`no ${type} of ${requestId}`);
      return found;
    });
  }

  async disable({ url }: Replica, ...humans: Principal[]): Promise<void> {
    this.#revision += 1;
    const issuers = this.tokens.bundle.issuers.map((issuer) => ({
      ...issuer,
      disabledSubjects: humans.map(({ subject }) => subject),
    }));
    const bundle = { ...this.tokens.bundle, revision: this.#revision, issuers };
    await publishTrustBundle(this.connection, bundle);
    for (const human of Object.values(people)) {
      const headers = { authorization: await this.tokens.bearer(human) };
      await eventually(async () => {
        const answer = await fetch(`${url}/v1/approvals`, { headers });
        const disabled = (await answer.text()).includes('token_subject_disabled');
        if (disabled !== humans.includes(human)) throw new Error('it goes by an older trust');
      });
    }
  }

  regroup(groups: Partial<Record<keyof typeof people, readonly string[]>>): Promise<void> {
    return writeHumans(this.#directory, this.slack, groups);
  }

  async putOnCall({ email }: Principal): Promise<void> {
    const schedule = {
      apiVersion: 'drawbridge.dev/v1alpha1',
      kind: 'Schedule',
      metadata: { name: 'payments' },
      spec: {
        timeZone: 'UTC',
        rotation: { start: '2020-01-01T00:00', everySeconds: 3600, people: [email] },
      },
    };
    await writeFile(join(this.#directory, 'schedule.yaml'), JSON.stringify(schedule));
  }

  configure(documents: readonly object[]): Promise<void> {
    return writeFile(join(this.#directory, 'more.yaml'), yamlOf(documents));
  }

  async cards(requestId: string): Promise<DemoSlackMessage[]> {
    const messages = await this.slack.messages();
    return messages.filter(({ metadata }) => metadata?.event_payload['request_id'] === requestId);
  }

  card(requestId: string, ...words: string[]): Promise<DemoSlackMessage> {
    return eventually(
      async () => {
        const [card] = await this.cards(requestId);
        if (card === undefined) throw new Error(`no card of ${requestId}`);
        const said = lettersOf(card);
        for (const word of words)
          if (!said.includes(word)) throw new Error(`the card lacks "${word}": ${said}`);
        return card;
      },
      { timeoutMs: 60_000 },
    );
  }

  async stop(): Promise<void> {
    for (const replica of [...this.#replicas]) await replica.close();
    await Promise.all(this.#dying);
    await this.slack.close();
    await this.connection.close();
    await this.nats.stop();
    await rm(this.#directory, { recursive: true, force: true });
    const [problem] = this.slack.problems;
    if (problem !== undefined) throw new Error(`Slack would have refused this: ${problem}`);
  }
}

/** Everything a reader sees on a message. */
export function lettersOf(message: DemoSlackMessage): string {
  const letters: string[] = [message.text];
  JSON.stringify(message.blocks, (key, value: unknown) => {
    if (key === 'text' && typeof value === 'string') letters.push(value);
    return value;
  });
  return letters.join('');
}

/** Ids of the buttons on a message. */
export const buttonsOf = ({ blocks }: DemoSlackMessage): string[] =>
  blocks.flatMap((block) =>
    block.type === 'actions'
      ? (block.elements ?? []).map((element) => Button.parse(element).action_id)
      : [],
  );

const Button = z.looseObject({ action_id: z.string() });

async function writeConfiguration(slack: DemoSlack): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'drawbridge-approval-'));
  await writeFile(join(directory, 'token'), `${slack.botToken}\n`, { mode: 0o600 });
  await writeFile(join(directory, 'app-token'), slack.appToken, { mode: 0o600 });
  await writeFile(join(directory, 'signing-secret'), slack.signingSecret, { mode: 0o600 });
  await writeHumans(directory, slack);
  return directory;
}

async function writeHumans(
  directory: string,
  slack: DemoSlack,
  changed: Partial<Record<string, readonly string[]>> = {},
): Promise<void> {
  const documents = Object.entries(people).map(([name, { issuer, subject, email, groups }]) => ({
    apiVersion: 'drawbridge.dev/v1alpha1',
    kind: 'Human',
    metadata: { name },
    spec: {
      issuer,
      subject,
      email,
      groups: changed[name] ?? groups,
      slack: { team: slack.teamId, user: slack.users[name as keyof typeof people] },
    },
  }));
  await writeFile(join(directory, 'humans.yaml'), yamlOf(documents));
}

/** JSON is YAML. */
const yamlOf = (documents: readonly object[]): string =>
  documents.map((document) => JSON.stringify(document)).join('\n---\n');

function recordingLogger(lines: Line[]): LoggerService {
  const write = (level: string) => (message: unknown) => {
    const said = typeof message === 'object' ? { ...message } : { msg: message };
    lines.push({ level, ...said });
  };
  const ignore = () => undefined;
  const [log, warn, error] = [write('info'), write('warn'), write('error')];
  return { log, warn, error, debug: ignore, verbose: ignore, fatal: write('fatal') };
}
