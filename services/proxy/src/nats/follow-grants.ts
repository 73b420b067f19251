import type { LoggerService } from '@nestjs/common';
import {
  ACCESS_STREAM,
  CatchUp,
  followAccessEvents,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { EndedGrant, OpenGrant, OpenGrants } from '../domain/open-grants.js';
import type { LiveCalls } from '../streams/live-calls.js';
import { SessionOrders } from './session-orders.js';
import { StopsInForce } from './stops-in-force.js';

export interface GrantReaders {
  readonly grants: OpenGrants;
  readonly live: LiveCalls;
  /** What is kept for grants beside their calls. */
  readonly connections: { grantEnded(grantId: string): void };
  readonly logger: LoggerService;
}

/** Whether all that opens and ends grants is known. */
export interface GrantFollower {
  /** Within about two seconds; false while the server is away. */
  isCurrent(): boolean;
  /** Resolves when what is on the stream now is known, or two seconds later. */
  catchUp(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Keeps the open grants up to date, and cuts the calls of a grant the moment an event ends it: one of its own, or a
 * stop that covers it. In whichever order the two arrive, a grant that is stopped never opens.
 */
export function followGrants(
  connection: JetStreamConnection,
  { grants, live, connections, logger }: GrantReaders,
): GrantFollower {
  const end = (ended: EndedGrant | undefined) => {
    if (ended === undefined) return;
    live.cutGrant(ended.grant.grantId, ended.reason);
    connections.grantEnded(ended.grant.grantId);
  };
  const stopOf = (grant: OpenGrant) => stops.endOf(grant);
  const stops = new StopsInForce(connection, {
    logger,
    sessions: new SessionOrders(live),
    onStop: () => {
      for (const ended of grants.restop(stopOf)) end(ended);
    },
  });
  const follower = followAccessEvents(connection, {
    onEvent: (recorded) => {
      end(grants.apply(recorded, stopOf));
    },
    // It could have been the end of this grant: what cannot be read closes.
    onUnreadable: ({ aggregateId, sequence, error }) => {
      logger.error({ msg: 'unreadable access event', aggregateId, sequence, err: error });
      end(grants.end(aggregateId, 'grant_revoked'));
    },
  });
  const access = new CatchUp(connection, { stream: ACCESS_STREAM, follower });
  return {
    isCurrent: () => follower.isCurrent() && stops.isCurrent(),
    catchUp: () => access.now(),
    close: async () => {
      await Promise.all([follower.close(), stops.close()]);
    },
  };
}
