import type { ClickHouseClient } from '@clickhouse/client';
import type { LoggerService } from '@nestjs/common';
import type { TrustBundle } from '@drawbridge/contracts';
import {
  connectJetStream,
  followTrustBundle,
  requireStreams,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import {
  closeOnFailure,
  createHttpApp,
  natsOptions,
  startHttpApp,
  type RunningService,
  type StatusTable,
} from '@drawbridge/runtime';
import { TokenVerifier } from '@drawbridge/token';
import { AuditModule } from './audit.module.js';
import { createServerClient } from './clickhouse/create-server-client.js';
import { openStore } from './clickhouse/open-store.js';
import type { AuditStore } from './clickhouse/select-page.js';
import type { AuditConfig } from './config.js';
import { AuditQueries } from './http/audit-queries.js';
import { answerSessions } from './nats/answer-sessions.js';
import { Ingest, type IngestLimits } from './nats/ingest.js';

export interface AuditDependencies {
  readonly logger: LoggerService;
  readonly clock?: Clock;
  /** Instead of a client of `CLICKHOUSE_URL`: for a laptop and for tests. */
  readonly createClient?: () => ClickHouseClient;
  readonly limits?: IngestLimits;
}

const statuses: StatusTable = {
  auditor_required: 403,
  audit_query_too_expensive: 422,
  audit_busy: 429,
  audit_store_unavailable: 503,
};

/** Starts the record: copies events and commands into ClickHouse and answers auditors' questions. */
export async function startAudit(
  config: AuditConfig,
  dependencies: AuditDependencies,
): Promise<RunningService> {
  const { logger, clock = () => new Date() } = dependencies;
  return closeOnFailure(async (closers) => {
    const client = (dependencies.createClient ?? (() => createServerClient(config)))();
    closers.add(() => client.close());
    const store: AuditStore = { client, database: config.CLICKHOUSE_DATABASE };
    await openStore(
      { ...store, clock },
      { logger, retentionDays: config.CLICKHOUSE_RETENTION_DAYS },
    );

    const connection = await connectJetStream({ name: 'audit', ...natsOptions(config) });
    closers.add(() => connection.close());
    await requireStreams(connection);
    const { limits = {} } = dependencies;
    const ingest = new Ingest({ connection, store, logger, limits });
    closers.add(() => ingest.close());
    await ingest.start();
    closers.add(answerSessions({ connection, store, logger }));

    let trust: TrustBundle | undefined;
    const follower = await followTrustBundle(connection, (bundle) => (trust = bundle));
    closers.add(() => follower.close());
    const verifier = new TokenVerifier(() => trust, clock);
    const auditors = { verifier, groups: config.AUDITOR_GROUPS };
    const app = await createHttpApp(
      AuditModule.with({ auditors, queries: new AuditQueries(store) }),
      { logger, statuses, ...healthOf({ connection, store, ingest }), bodyLimitBytes: 0 },
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

interface Parts {
  readonly connection: JetStreamConnection;
  readonly store: AuditStore;
  readonly ingest: Ingest;
}

const healthOf = ({ connection, store, ingest }: Parts) => ({
  health: {
    nats: () => connection.connected,
    clickhouse: async () => (await store.client.ping({ select: true })).success,
    ingest: () => ingest.healthy,
  },
  figures: () => ingest.figures(),
});
