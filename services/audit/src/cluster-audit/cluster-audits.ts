import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import type { ClusterAudit, ConnectionDocument } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { ConfigInvalid, type Closers } from '@drawbridge/runtime';

/** What is known of a cluster whose own log is compared with the record. */
export interface WatchedCluster extends ClusterAudit {
  readonly connection: string;
  /** Since when agents are impersonated there, as far as is known; absent where they are not. */
  readonly impersonatingSince?: Date;
}

/** The clusters whose logs are compared with the record, by connection. */
export type WatchedClusters = () => ReadonlyMap<string, WatchedCluster>;

export interface FollowClustersOptions {
  readonly directory: string | undefined;
  readonly logger: LoggerService;
  /** Whether calls of gateways themselves can be told from others. */
  readonly hasKeys: boolean;
  readonly clock: Clock;
  readonly onChange: () => void;
}

/**
 * Follows which clusters are to be watched. A directory that cannot be used is logged, and what was known stays: the
 * record has to go on.
 */
export async function followClusters(
  { directory, logger, hasKeys, clock, onChange }: FollowClustersOptions,
  closers: Closers,
): Promise<WatchedClusters> {
  let clusters: ReadonlyMap<string, WatchedCluster> = new Map();
  if (directory === undefined) return () => clusters;
  const take = ({ connections }: { readonly connections: readonly ConnectionDocument[] }) => {
    const watched = connections.flatMap((document) => watchedOf(document, clusters, clock()));
    if (watched.length > 0 && !hasKeys) throw keysMissing();
    clusters = new Map(watched.map((cluster) => [cluster.connection, cluster]));
    onChange();
  };
  const onError = (err: unknown) => {
    logger.error({ msg: 'configuration not usable, the same clusters are watched as before', err });
  };
  try {
    const only = ['Connection'] as const;
    const watcher = await watchConfiguration(directory, { only, onChange: take, onError });
    closers.add(() => watcher.close());
    take(watcher.current);
  } catch (err) {
    if (err instanceof ConfigInvalid) throw err;
    onError(err);
  }
  return () => clusters;
}

function watchedOf(
  { metadata: { name }, spec: { clusterAudit, identity } }: ConnectionDocument,
  before: ReadonlyMap<string, WatchedCluster>,
  now: Date,
): WatchedCluster[] {
  if (clusterAudit === undefined) return [];
  const cluster = { ...clusterAudit, connection: name };
  if (identity?.mode !== 'impersonate') return [cluster];
  return [{ ...cluster, impersonatingSince: before.get(name)?.impersonatingSince ?? now }];
}

/** Without them every call that a gateway makes for itself would be an alarm. */
const keysMissing = () =>
  new ConfigInvalid([
    { variable: 'OWN_CALL_KEYS_FILE', message: 'is required where a Connection has clusterAudit' },
  ]);
