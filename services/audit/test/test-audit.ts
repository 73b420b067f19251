import type { ClickHouseClient } from '@clickhouse/client';
import {
  connectJetStream,
  declareStreams,
  publishTrustBundle,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { createLogger, loadConfig, type RunningService } from '@drawbridge/runtime';
import { eventually, requireNothingWaits, startNats, type TestNats } from '@drawbridge/testing';
import { AuditConfig } from '../src/config.js';
import type { IngestLimits } from '../src/nats/ingest.js';
import { startAudit } from '../src/start-audit.js';
import { trust } from './demo-tokens.js';
import { startTestStore, type TestStore } from './test-store.js';

export interface TestAudit {
  readonly nats: TestNats;
  readonly connection: JetStreamConnection;
  readonly store: TestStore;
  /** The running service; {@link restart} replaces it. */
  readonly url: () => string;
  /** Resolves when the store has all that was published. Lines of one message come into it in several insertions. */
  caughtUp(streams?: readonly string[]): Promise<void>;
  restart(client?: ClickHouseClient, limits?: IngestLimits): Promise<void>;
  /** Stops the service, until {@link restart}. */
  pause(): Promise<void>;
  stop(): Promise<void>;
}

/** The service in this process, with a real NATS server and ClickHouse engine. From its first answer on it has {@link trust}. */
export async function startTestAudit(
  environment: Readonly<Record<string, string>> = {},
): Promise<TestAudit> {
  const nats = await startNats();
  const connection = await connectJetStream({ servers: nats.servers, name: 'test' });
  await declareStreams(connection, { replicas: 1 });
  await publishTrustBundle(connection, trust(1));
  const store = await startTestStore();
  const config = loadConfig(AuditConfig, {
    NATS_URL: nats.servers,
    HTTP_PORT: '0',
    AUDITOR_GROUPS: 'auditors, security',
    ...environment,
  });
  const start = (client: ClickHouseClient, limits: IngestLimits = {}): Promise<RunningService> =>
    startAudit(config, {
      logger: createLogger('audit', { level: 'fatal' }),
      createClient: () => client,
      limits: { maxMessages: 50, ackWaitMs: 2_000, ...limits },
    });
  let service = await start(store.client);
  return {
    nats,
    connection,
    store,
    url: () => service.addresses['http'] ?? '',
    caughtUp: (streams = RECORDED) =>
      eventually(() => nothingWaits(connection, streams), { timeoutMs: 60_000 }),
    restart: async (client = store.client, limits = {}) => {
      await service.close();
      service = await start(client, limits);
    },
    pause: () => service.close(),
    stop: async () => {
      await service.close();
      await connection.close();
      await store.stop();
      await nats.stop();
    },
  };
}

/** What others publish; audit goes on writing into its own streams by itself. */
const RECORDED = ['ACCESS', 'COMMANDS', 'HOLDS', 'STOPS', 'USES'];

/** A message is acknowledged when all of it is stored. */
async function nothingWaits(
  { manager }: JetStreamConnection,
  streams: readonly string[],
): Promise<void> {
  for (const stream of streams) await requireNothingWaits(manager, stream, 'audit');
}
