import { Controller, HttpCode, Inject, Param, Post, Req } from '@nestjs/common';
import type { RequestHandler, Request } from 'express';
import { readRawBody, RequestRefused } from '@drawbridge/runtime';
import { ClusterLogRefused, requireCluster } from '../cluster-audit/cluster-tokens.js';
import type { WatchedCluster, WatchedClusters } from '../cluster-audit/cluster-audits.js';
import type { TakeEvents, Taken } from '../cluster-audit/take-events.js';

/** A batch of an API server is 10 MiB at most, unless somebody has told it otherwise. */
const MAX_BYTES = 16 * 1024 * 1024;
/** Together 64 MiB. */
const MAX_AT_ONCE = 4;
const PATH = '/v1/cluster-audit';

export interface ClusterLogs {
  readonly clusters: WatchedClusters;
  readonly events: Pick<TakeEvents, 'take' | 'unread'>;
}

export const CLUSTER_LOGS = Symbol('cluster logs');

/** Takes the log of a cluster from its own API server, which is its audit webhook. */
@Controller('v1/cluster-audit')
export class ClusterAuditController {
  constructor(@Inject(CLUSTER_LOGS) private readonly logs: ClusterLogs) {}

  @Post(':connection')
  @HttpCode(200)
  async take(@Req() request: Request, @Param('connection') connection: string): Promise<Taken> {
    const { clusters, events } = this.logs;
    const cluster = requireCluster(clusters, connection, request.headers.authorization);
    const list = listOf(request.body);
    // An API server sends nothing again that was refused: with it is gone what stood in it.
    if (list === undefined) {
      await events.unread(cluster);
      throw malformed();
    }
    return events.take(cluster, [list]);
  }
}

/** Judges who sends before a byte of what is sent is read. */
export const clusterLogMounts = ({
  clusters,
  events,
}: ClusterLogs): Readonly<Record<string, RequestHandler>> => {
  const read = readRawBody(MAX_BYTES, MAX_AT_ONCE);
  return {
    [PATH]: (request, response, next) => {
      let cluster: WatchedCluster;
      try {
        const connection = /^\/([^/]+)\/?$/.exec(request.path)?.[1] ?? '';
        cluster = requireCluster(clusters, connection, request.headers.authorization);
      } catch {
        // The route says why; nothing of it is read, and the rest of it is not waited for.
        request.body = Buffer.alloc(0);
        response.setHeader('Connection', 'close');
        next();
        return;
      }
      read(request, response, (error?: unknown) => {
        if (!isTooLarge(error)) {
          next(error);
          return;
        }
        events.unread(cluster).then(() => next(error), next);
      });
    },
  };
};

const isTooLarge = (error: unknown): boolean =>
  error instanceof RequestRefused && error.code === 'body_too_large';

function listOf(body: unknown): unknown {
  try {
    const value: unknown = JSON.parse(body instanceof Buffer ? body.toString('utf8') : '');
    if (typeof value === 'object' && value !== null && 'kind' in value) {
      if (value.kind === 'EventList' || value.kind === 'Event') return value;
    }
  } catch {
    // The same as any other JSON.
  }
  return undefined;
}

const malformed = (): ClusterLogRefused =>
  new ClusterLogRefused(
    'cluster_log_malformed',
    'expected an EventList of audit.k8s.io/v1 as JSON',
  );
