import type { LoggerService } from '@nestjs/common';
import { followAccessEvents, type JetStreamConnection } from '@drawbridge/jetstream';
import type { AccessViews } from '../views/access-views.js';

/** Keeps the views up to date from the event stream. */
export interface ViewFollower {
  /** Whether the views hold every event, within about two seconds. */
  isCurrent(): boolean;
  /** Resolves with {@link isCurrent}, after waiting up to `timeoutMs` for it. */
  whenCurrent(timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}

/** Starts with the first event of the stream. A request with an event nobody can read is not shown at all. */
export function followViews(
  connection: JetStreamConnection,
  views: AccessViews,
  logger: LoggerService,
): ViewFollower {
  const waiting = new Set<() => void>();
  const follower = followAccessEvents(connection, {
    onEvent: (recorded) => views.fold(recorded),
    onUnreadable: ({ aggregateId, sequence, error }) => {
      views.forget(aggregateId);
      logger.error({ msg: 'unreadable event', aggregateId, sequence, err: error });
    },
    onCurrent: () => {
      for (const resolve of waiting) resolve();
    },
  });
  return {
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
