import type { LoggerService } from '@nestjs/common';
import type { TrustBundle } from '@drawbridge/contracts';
import { disabledBy, HOLDS_MATTER_MS } from '@drawbridge/holds';
import {
  followHoldEvents,
  holdEventStore,
  storeInTime,
  type ClockWatch,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { DueSchedule, type Closers } from '@drawbridge/runtime';
import { HeldCommands } from './held-commands.js';
import { WaitingHolds } from './waiting-holds.js';

export interface HoldParts {
  readonly holds: HeldCommands;
  readonly waitingHolds: WaitingHolds;
  readonly holdFollower: EventFollower;
  /** Begins to end holds; once all of them are known. */
  readonly startHoldEnds: () => void;
}

export interface HoldSurroundings {
  readonly clock: Clock;
  /** Whether it is right. */
  readonly watch: ClockWatch;
  readonly logger: LoggerService;
  /** Whom to believe at the moment. */
  readonly trust: () => TrustBundle | undefined;
}

/** Follows the held calls, to end those whose time is over. */
export function startHolds(
  connection: JetStreamConnection,
  { clock, watch, logger, trust }: HoldSurroundings,
  closers: Closers,
): HoldParts {
  const holds = new HeldCommands({
    store: storeInTime(holdEventStore(connection, 'approval'), watch),
    clock,
    logger,
    disabled: () => disabledBy(trust()),
  });
  const ends = new DueSchedule({ act: (holdId) => holds.endInTime(holdId), clock, logger });
  closers.add(() => ends.close());
  const waitingHolds = new WaitingHolds((holdId, endsAtMs) => {
    if (endsAtMs === undefined) ends.delete(holdId);
    else ends.set(holdId, endsAtMs);
  });
  const holdFollower = followHoldEvents(connection, {
    since: new Date(clock().getTime() - HOLDS_MATTER_MS),
    onEvent: (recorded) => waitingHolds.take(recorded),
    onUnreadable: ({ aggregateId, sequence, error }) => {
      waitingHolds.forget(aggregateId);
      logger.error({ msg: 'event not readable', holdId: aggregateId, sequence, err: error });
    },
  });
  closers.add(() => holdFollower.close());
  return { holds, waitingHolds, holdFollower, startHoldEnds: () => ends.start() };
}
