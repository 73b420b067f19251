import type { LoggerService } from '@nestjs/common';
import {
  followAccessEvents,
  type AccessFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { OpenGrants } from '../domain/open-grants.js';
import type { LiveCalls } from '../streams/live-calls.js';

export interface GrantReaders {
  readonly grants: OpenGrants;
  readonly live: LiveCalls;
  readonly logger: LoggerService;
}

/** Keeps the open grants up to date, and cuts the calls of a grant the moment an event ends it. */
export function followGrants(
  connection: JetStreamConnection,
  { grants, live, logger }: GrantReaders,
): AccessFollower {
  return followAccessEvents(connection, {
    onEvent: (recorded) => {
      const ended = grants.apply(recorded);
      if (ended !== undefined) live.cutGrant(ended.grant.grantId, ended.reason);
    },
    // It could have been the end of this grant: what cannot be read closes.
    onUnreadable: ({ aggregateId, sequence, error }) => {
      logger.error({ msg: 'unreadable access event', aggregateId, sequence, err: error });
      const ended = grants.end(aggregateId, 'grant_revoked');
      if (ended !== undefined) live.cutGrant(ended.grant.grantId, ended.reason);
    },
  });
}
