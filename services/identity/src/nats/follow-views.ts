import type { LoggerService } from '@nestjs/common';
import type { AccessEvent } from '@drawbridge/contracts';
import { followAccessEvents, type JetStreamConnection } from '@drawbridge/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { AccessViews } from '../views/access-views.js';

/** Keeps the views up to date from the event stream. */
export interface ViewFollower {
  /** Resolves when the views hold every event for the first time. */
  readonly caughtUp: Promise<void>;
  /** Whether the views hold every event, within about two seconds. */
  isCurrent(): boolean;
  /** Resolves with {@link isCurrent}, after waiting up to `timeoutMs` for it. */
  whenCurrent(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

export interface FollowedViews {
  readonly views: AccessViews;
  /** Told of every event that the views go by. */
  readonly onEvent: (recorded: RecordedEvent<AccessEvent>) => void;
  readonly logger: LoggerService;
}

/** Starts with the first event of the stream. A request with an event nobody can read is not shown at all. */
export function followViews(
  connection: JetStreamConnection,
  { views, onEvent, logger }: FollowedViews,
): ViewFollower {
  const waiting = new Set<() => void>();
  const follower = followAccessEvents(connection, {
    onEvent: (recorded) => {
      views.fold(recorded);
      onEvent(recorded);
    },
    onUnreadable: ({ aggregateId, sequence, error }) => {
      views.forget(aggregateId);
      logger.error({ msg: 'unreadable event', aggregateId, sequence, err: error });
    },
    onCurrent: () => {
      for (const resolve of waiting) resolve();
    },
  });
  return {
    caughtUp: follower.caughtUp,
    isCurrent: () => follower.isCurrent(),
    whenCurrent: async (timeoutMs) => {
      if (!follower.isCurrent()) await nextChange(waiting, timeoutMs);
      return follower.isCurrent();
    },
    close: () => follower.close(),
  };
}

async function nextChange(waiting: Set<() => void>, timeoutMs: number): Promise<void> {
  await new Promise<void>((resolve) => {
    const timer = setTimeout(done, timeoutMs);
    waiting.add(done);
    function done() {
      clearTimeout(timer);
      waiting.delete(done);
      resolve();
    }
  });
}
