import { createHash, timingSafeEqual } from 'node:crypto';
import { AppError } from '@drawbridge/kernel';
import type { WatchedCluster, WatchedClusters } from './cluster-audits.js';

/** `cluster_token_refused`: whoever sent a log is not the API server of that cluster. */
export class ClusterLogRefused extends AppError<
  'cluster_token_refused' | 'cluster_log_malformed'
> {}

const MAX_TOKEN = 1_024;
/** Compared with for clusters that there are not, so that time does not tell which there are. */
const nobody = Buffer.alloc(32);

/**
 * The cluster of a connection, for who has its token and nobody else.
 *
 * @param authorization - the header, as it came
 * @throws ClusterLogRefused `cluster_token_refused`, the same for connections that there are not
 */
export function requireCluster(
  clusters: WatchedClusters,
  connection: string,
  authorization: string | undefined,
): WatchedCluster {
  const cluster = clusters().get(connection);
  const [, token = ''] = /^Bearer ([\x21-\x7e]+)$/i.exec(authorization ?? '') ?? [];
  const given = createHash('sha256').update(token.slice(0, MAX_TOKEN)).digest();
  let isKnown = false;
  for (const digest of [...digestsOf(cluster), nobody]) {
    if (timingSafeEqual(given, digest)) isKnown = true;
  }
  if (isKnown && cluster !== undefined && token.length <= MAX_TOKEN) return cluster;
  throw new ClusterLogRefused(
    'cluster_token_refused',
    'only the API server of a connection with clusterAudit may send its log, with its token',
  );
}

const digestsOf = (cluster: WatchedCluster | undefined): readonly Buffer[] =>
  (cluster?.tokenDigests ?? []).map((digest) => Buffer.from(digest.slice(7), 'hex'));
