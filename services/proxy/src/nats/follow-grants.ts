import type { LoggerService } from '@nestjs/common';
import {
  followAccessEvents,
  type AccessFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { EndedGrant, OpenGrants } from '../domain/open-grants.js';
import type { LiveCalls } from '../streams/live-calls.js';

export interface GrantReaders {
  readonly grants: OpenGrants;
  readonly live: LiveCalls;
  /** What is kept for grants beside their calls. */
  readonly connections: { grantEnded(grantId: string): void };
  readonly logger: LoggerService;
}

/** Keeps the open grants up to date, and cuts the calls of a grant the moment an event ends it. */
export function followGrants(
  connection: JetStreamConnection,
  { grants, live, connections, logger }: GrantReaders,
): AccessFollower {
  const end = (ended: EndedGrant | undefined) => {
    if (ended === undefined) return;
    live.cutGrant(ended.grant.grantId, ended.reason);
    connections.grantEnded(ended.grant.grantId);
  };
  return followAccessEvents(connection, {
    onEvent: (recorded) => end(grants.apply(recorded)),
    // It could have been the end of this grant: what cannot be read closes.
    onUnreadable: ({ aggregateId, sequence, error }) => {
      logger.error({ msg: 'unreadable access event', aggregateId, sequence, err: error });
      end(grants.end(aggregateId, 'grant_revoked'));
    },
  });
}
