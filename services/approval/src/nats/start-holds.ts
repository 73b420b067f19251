import type { LoggerService } from '@nestjs/common';
import type { TrustBundle } from '@drawbridge/contracts';
import { disabledBy, HOLDS_MATTER_MS } from '@drawbridge/holds';
import {
  followHoldEvents,
  holdEventStore,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { HeldCommands } from './held-commands.js';
import { LapseSchedule } from './lapse-schedule.js';
import { WaitingHolds } from './waiting-holds.js';

export interface HoldParts {
  readonly holds: HeldCommands;
  readonly waitingHolds: WaitingHolds;
  readonly holdFollower: EventFollower;
}

export interface HoldSurroundings {
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** Whom to believe at the moment. */
  readonly trust: () => TrustBundle | undefined;
}

/** Follows the held calls and ends those whose time is over. */
export function startHolds(
  connection: JetStreamConnection,
  { clock, logger, trust }: HoldSurroundings,
  closers: Closers,
): HoldParts {
  const holds = new HeldCommands({
    store: holdEventStore(connection, 'approval'),
    clock,
    logger,
    disabled: () => disabledBy(trust()),
  });
  const waitingHolds = new WaitingHolds();
  const holdFollower = followHoldEvents(connection, {
    since: new Date(clock().getTime() - HOLDS_MATTER_MS),
    onEvent: (recorded) => waitingHolds.take(recorded),
    onUnreadable: ({ aggregateId, sequence, error }) => {
      waitingHolds.forget(aggregateId);
      logger.error({ msg: 'event not readable', holdId: aggregateId, sequence, err: error });
    },
  });
  closers.add(() => holdFollower.close());
  const ends = new LapseSchedule({
    waiting: () => waitingHolds.deadlines(),
    lapse: (holdId) => holds.endInTime(holdId),
    clock,
    logger,
  });
  ends.start();
  closers.add(() => ends.close());
  return { holds, waitingHolds, holdFollower };
}
