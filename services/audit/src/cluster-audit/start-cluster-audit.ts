import type { LoggerService } from '@nestjs/common';
import { auditEventStore, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { OwnCallKeys, type Closers } from '@drawbridge/runtime';
import { ClusterCalls } from '../clickhouse/cluster-calls.js';
import { LogPositions } from '../clickhouse/log-positions.js';
import { countOpenAlarms } from '../clickhouse/select-alarms.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import type { AuditConfig } from '../config.js';
import { followClusters, type WatchedClusters } from './cluster-audits.js';
import { reportLoss } from './log-losses.js';
import { LogTails } from './log-tails.js';
import { Reconcile } from './reconcile.js';
import { TakeEvents } from './take-events.js';

const COUNT_MS = 5_000;

export interface ClusterAuditOptions {
  readonly connection: JetStreamConnection;
  readonly store: AuditStore;
  readonly logger: LoggerService;
  readonly clock: Clock;
}

export interface ClusterAuditing {
  readonly clusters: WatchedClusters;
  readonly events: TakeEvents;
  readonly figures: () => Readonly<Record<'unrecordedCalls' | 'clusterEventsUnreadable', number>>;
}

/**
 * Starts to read the logs of clusters and to compare them with the record.
 *
 * @throws ConfigInvalid when calls of gateways themselves could not be told from others
 */
export async function startClusterAudit(
  config: Pick<AuditConfig, 'CONFIG_DIR' | 'OWN_CALL_KEYS_FILE'>,
  { connection, store, logger, clock }: ClusterAuditOptions,
  closers: Closers,
): Promise<ClusterAuditing> {
  const calls = new ClusterCalls(store);
  const keys = keysOf(config);
  const trail = auditEventStore(connection, 'audit');
  const report = reportLoss({ events: trail, clock, logger });
  const events = new TakeEvents({ calls, keys, report });
  const watched: { clusters: WatchedClusters } = { clusters: () => new Map() };
  const clusters: WatchedClusters = () => watched.clusters();
  const positions = new LogPositions(store);
  const tails = new LogTails({ clusters, positions, events, report, logger });
  watched.clusters = await followClusters(
    {
      directory: config.CONFIG_DIR,
      logger,
      hasKeys: keys !== undefined,
      clock,
      onChange: () => tails.follow(),
    },
    closers,
  );
  closers.add(() => tails.close());
  tails.follow();
  const reconcile = new Reconcile({
    ...{ connection, calls, clusters, clock, logger },
    events: trail,
  });
  closers.add(() => reconcile.close());
  reconcile.start();
  const open = followOpenAlarms(store, logger, closers);
  const figures = () => ({
    unrecordedCalls: open(),
    clusterEventsUnreadable: events.unreadable,
  });
  return { clusters, events, figures };
}

const keysOf = ({
  OWN_CALL_KEYS_FILE: file,
}: Pick<AuditConfig, 'OWN_CALL_KEYS_FILE'>): OwnCallKeys | undefined =>
  file === undefined ? undefined : OwnCallKeys.read('OWN_CALL_KEYS_FILE', file);

/** How many alarms nobody has said a word of, as of a moment ago. */
function followOpenAlarms(
  store: AuditStore,
  logger: LoggerService,
  closers: Closers,
): () => number {
  let open = 0;
  let isCounting = false;
  const count = async () => {
    if (isCounting) return;
    isCounting = true;
    try {
      open = await countOpenAlarms(store);
    } catch (err) {
      logger.warn({ msg: 'alarms not counted', err });
    } finally {
      isCounting = false;
    }
  };
  const timer = setInterval(() => void count(), COUNT_MS).unref();
  closers.add(() => clearInterval(timer));
  return () => open;
}
