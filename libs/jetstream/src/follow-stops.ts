import type { LoggerService } from '@nestjs/common';
import type { StopEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { followStopEvents, type EventFollower } from './follow-events.js';
import type { JetStreamConnection } from './jetstream-connection.js';

/** A fold of stops, as `Stops` of `libs/stops`: what it cannot read stops, too. */
export interface StopFold {
  take(recorded: RecordedEvent<StopEvent>): unknown;
  takeUnreadable(key: string): void;
}

export interface FollowStopsOptions {
  readonly stops: StopFold;
  readonly logger: LoggerService;
  /** Called after every stop: what is open may be covered now. */
  readonly onStop?: () => void;
}

/** Keeps a fold of stops up to date. An event that cannot be read could have been a stop, so it is one, and is logged. */
export const followStops = (
  connection: JetStreamConnection,
  { stops, logger, onStop }: FollowStopsOptions,
): EventFollower =>
  followStopEvents(connection, {
    onEvent: (recorded) => {
      stops.take(recorded);
      onStop?.();
    },
    onUnreadable: ({ aggregateId, sequence, error }) => {
      logger.error({ msg: 'unreadable stop', key: aggregateId, sequence, err: error });
      stops.takeUnreadable(aggregateId);
      onStop?.();
    },
  });
