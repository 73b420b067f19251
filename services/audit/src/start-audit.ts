import type { ClickHouseClient } from '@clickhouse/client';
import type { LoggerService } from '@nestjs/common';
import type { TrustBundle } from '@drawbridge/contracts';
import {
  auditEventStore,
  connectJetStream,
  followTrustBundle,
  requireStreams,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import {
  closeOnFailure,
  type Closers,
  createHttpApp,
  natsOptions,
  startHttpApp,
  type RunningService,
  type StatusTable,
} from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { AuditModule, type AuditParts } from './audit.module.js';
import { BodyArchive } from './bodies/body-archive.js';
import { openBodyObjects } from './bodies/open-body-objects.js';
import { SessionBundles } from './bundle/session-bundles.js';
import type { Schema } from './clickhouse/apply-migrations.js';
import { createServerClient } from './clickhouse/create-server-client.js';
import { openStore } from './clickhouse/open-store.js';
import type { AuditStore } from './clickhouse/select-page.js';
import type { AuditConfig } from './config.js';
import { AuditQueries } from './http/audit-queries.js';
import { SessionStories } from './http/session-stories.js';
import { AuditQuestions } from './http/audit-questions.js';
import type { Auditors } from './http/require-auditor.js';
import { QuerySlots } from './http/query-slots.js';
import { Recordings } from './http/recordings.js';
import { Readers } from './http/require-reader.js';
import { startClusterAudit, type ClusterAuditing } from './cluster-audit/start-cluster-audit.js';
import { Alarms } from './http/alarms.js';
import { clusterLogMounts } from './http/cluster-audit.controller.js';
import { answerSessions } from './nats/answer-sessions.js';
import { CommandProofs } from './integrity/command-proofs.js';
import { RebuiltRecord } from './integrity/rebuilt-record.js';
import { storedUpTo } from './nats/stored-up-to.js';
import { sealedStreams } from './integrity/sealed-streams.js';
import { signingKeysOf } from './integrity/signing-keys.js';
import { startSealing, type Sealing } from './integrity/start-sealing.js';
import { Ingest, type IngestLimits } from './nats/ingest.js';
import { noteView } from './nats/note-view.js';
import { spareCollector } from './spare-collector.js';
import { SealedRecord } from './nats/sealed-record.js';
import { RecordSearch } from './search/record-search.js';
import { Sinks } from './sinks/sinks.js';

export interface AuditDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
  /** Instead of a client of `CLICKHOUSE_URL`: for a laptop and for tests. */
  readonly createClient?: () => ClickHouseClient;
  readonly limits?: IngestLimits;
}

/** A comment. */
const MAX_BODY_BYTES = 4_096;

const statuses: StatusTable = {
  cluster_log_malformed: 400,
  cluster_token_refused: 401,
  auditor_required: 403,
  alarm_unknown: 404,
  parked_record_unknown: 404,
  body_unknown: 404,
  command_unknown: 404,
  session_unknown: 404,
  recording_unknown: 404,
  parked_record_unreadable: 409,
  parked_record_unwanted: 409,
  proof_unavailable: 409,
  sink_unknown: 409,
  object_missing: 410,
  audit_query_too_expensive: 422,
  proof_too_far: 422,
  audit_busy: 429,
  object_damaged: 502,
  sink_refused: 502,
  sink_unavailable: 502,
  audit_store_unavailable: 503,
  object_store_unavailable: 503,
  sink_file_unusable: 503,
};

/** Starts the record: copies events and commands into ClickHouse and answers auditors' questions. */
export async function startAudit(
  config: AuditConfig,
  dependencies: AuditDependencies,
): Promise<RunningService> {
  const { logger, clock = () => new Date() } = dependencies;
  spareCollector();
  return closeOnFailure(async (closers) => {
    const parts = await openRecord(config, dependencies, closers);
    const { connection, store, sinks, clusters } = parts;
    let trust: TrustBundle | undefined;
    const follower = await followTrustBundle(connection, (bundle) => (trust = bundle));
    closers.add(() => follower.close());
    const verifier = new TokenVerifier(() => trust, clock);
    const auditors = { verifier, groups: config.AUDITOR_GROUPS };
    const reading = { config, store, connection, auditors, clock, logger };
    const app = await createHttpApp(
      AuditModule.with({
        ...readingParts(reading, closers),
        auditors,
        sinks,
        clusterLogs: clusters,
      }),
      {
        logger,
        statuses,
        ...healthOf(parts),
        mounts: clusterLogMounts(clusters),
        bodyLimitBytes: MAX_BODY_BYTES,
      },
    );
    closers.add(() => app.close());
    const http = await startHttpApp(app, { host: config.HTTP_HOST, port: config.HTTP_PORT });
    return {
      name: 'audit',
      addresses: { http: config.PUBLIC_URL ?? http },
      close: () => closers.close(),
    };
  });
}

interface ReadingParts {
  readonly config: AuditConfig;
  readonly store: AuditStore;
  readonly connection: JetStreamConnection;
  readonly auditors: Auditors;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** All that the record is read by. */
function readingParts(
  { config, store, connection, auditors, clock, logger }: ReadingParts,
  closers: Closers,
): Omit<AuditParts, 'auditors' | 'sinks' | 'clusterLogs'> {
  const slots = new QuerySlots();
  const events = auditEventStore(connection, 'audit');
  const note = noteView({ store: events, clock });
  const objects = openBodyObjects(config, { clock, logger }, closers);
  const stories = new SessionStories({ store, slots, noteView: note });
  const sealed = new SealedRecord(connection, sealedStreams);
  const rebuilt = new RebuiltRecord(store, {
    storedUpTo: (stream) => storedUpTo(connection, stream),
    retentionDays: config.CLICKHOUSE_RETENTION_DAYS,
  });
  return {
    stories,
    bundles: new SessionBundles({
      ...{ store, stories, sealed, noteView: note, clock, objects, keys: signingKeysOf(config) },
    }),
    bodies: new BodyArchive({ store, slots, noteView: note, objects, logger }),
    readers: new Readers({ auditors, store, clock }),
    queries: new AuditQueries(store, slots),
    questions: new AuditQuestions(store, slots, clock),
    search: new RecordSearch({ store, slots, note, clock, objects }),
    sealed,
    rebuilt,
    proofs: new CommandProofs({
      store,
      slots,
      sealed,
      rebuilt,
      clock,
      keys: signingKeysOf(config),
    }),
    recordings: new Recordings({ store, slots, clock, note }),
    alarms: new Alarms({ store, slots, clock, events }),
  };
}

const schemaOf = ({ CLICKHOUSE_CLUSTER: cluster }: AuditConfig, schema: Schema): Schema =>
  cluster === undefined ? schema : { ...schema, cluster };

interface Parts {
  readonly connection: JetStreamConnection;
  readonly store: AuditStore;
  readonly ingest: Ingest;
  readonly sealing: Sealing;
  readonly sinks: Sinks;
  readonly clusters: ClusterAuditing;
}

/** Opens store and streams, and starts all that goes on without being asked. */
async function openRecord(
  config: AuditConfig,
  { logger, clock = () => new Date(), createClient, limits = {} }: AuditDependencies,
  closers: Closers,
): Promise<Parts> {
  const client = (createClient ?? (() => createServerClient(config)))();
  closers.add(() => client.close());
  const store: AuditStore = { client, database: config.CLICKHOUSE_DATABASE };
  await openStore(schemaOf(config, { ...store, clock }), {
    logger,
    retentionDays: config.CLICKHOUSE_RETENTION_DAYS,
  });

  const connection = await connectJetStream({ name: 'audit', ...natsOptions(config) });
  closers.add(() => connection.close(), { cutShort: true });
  await requireStreams(connection);
  const ingest = new Ingest({ connection, store, logger, limits });
  closers.add(() => ingest.close());
  await ingest.start();
  closers.add(answerSessions({ connection, store, logger }));
  const sealing = startSealing(config, { connection, logger, clock });
  closers.add(() => sealing.close());
  const { CONFIG_DIR: directory } = config;
  const sinks = await Sinks.start({ directory, connection, clock, logger }, closers);
  const around = { connection, store, logger, clock };
  const clusters = await startClusterAudit(config, around, closers);
  return { connection, store, ingest, sealing, sinks, clusters };
}

/** A sink that takes nothing is told of in the figures: the record is as good without it. */
const healthOf = ({ connection, store, ingest, sealing, sinks, clusters }: Parts) => ({
  health: {
    nats: () => connection.connected,
    clickhouse: async () => (await store.client.ping({ select: true })).success,
    ingest: () => ingest.healthy,
    ...sealing.health,
  },
  figures: () => ({
    ...ingest.figures(),
    ...sealing.figures(),
    ...sinks.figures(),
    ...clusters.figures(),
  }),
});
