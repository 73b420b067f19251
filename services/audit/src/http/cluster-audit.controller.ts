import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { RequestHandler, Request } from 'express';
import { readRawBody } from '@drawbridge/runtime';
import { ClusterLogRefused, requireCluster } from '../cluster-audit/cluster-tokens.js';
import type { WatchedClusters } from '../cluster-audit/cluster-audits.js';
import type { TakeEvents, Taken } from '../cluster-audit/take-events.js';

/** A batch of an API server is 10 MiB at most, unless somebody has told it otherwise. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Together 64 MiB. */
const MAX_AT_ONCE = 4;
const PATH = '/v1/cluster-audit';

export interface ClusterLogs {
  readonly clusters: WatchedClusters;
  readonly events: Pick<TakeEvents, 'take'>;
}

export const CLUSTER_LOGS = Symbol('cluster logs');

/** Takes the log of a cluster from its own API server, which is its audit webhook. */
@Controller('v1/cluster-audit')
export class ClusterAuditController {
  constructor(@Inject(CLUSTER_LOGS) private readonly logs: ClusterLogs) {}

  @Post(':connection')
  @HttpCode(200)
  take(@Req() request: Request, @Param('connection') connection: string): Promise<Taken> {
    const { clusters, events } = this.logs;
    const cluster = requireCluster(clusters, connection, request.headers.authorization);
    return events.take(cluster, [listOf(request.body)]);
  }
}

/** Judges who sends before a byte of what is sent is read. */
export const clusterLogMounts = ({
  clusters,
}: Pick<ClusterLogs, 'clusters'>): Readonly<Record<string, RequestHandler>> => {
  const read = readRawBody(MAX_BYTES, MAX_AT_ONCE);
  return {
    [PATH]: (request, response, next) => {
      try {
        const connection = /^\/([^/]+)\/?$/.exec(request.path)?.[1] ?? '';
        requireCluster(clusters, connection, request.headers.authorization);
      } catch {
        // The route says why; nothing of it is read, and the rest of it is not waited for.
        request.body = Buffer.alloc(0);
        response.setHeader('Connection', 'close');
        next();
        return;
      }
      read(request, response, next);
    },
  };
};

function listOf(body: unknown): unknown {
  try {
    const value: unknown = JSON.parse(body instanceof Buffer ? body.toString('utf8') : '');
    if (typeof value === 'object' && value !== null && 'kind' in value) {
      if (value.kind === 'EventList' || value.kind === 'Event') return value;
    }
  } catch {
    // Said below.
  }
  throw new ClusterLogRefused(
    'cluster_log_malformed',
    'expected an EventList of audit.k8s.io/v1 as JSON',
  );
}
