import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import type { ObjectStore } from '@drawbridge/object-store';

const DAY_MS = 86_400_000;
const EVERY_MS = 21_600_000;

export interface SweepOptions {
  readonly objects: Pick<ObjectStore, 'sweep'>;
  readonly retentionDays: number;
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** @default six hours */
  readonly everyMs?: number;
}

/**
 * Deletes pieces of bodies that nobody has put for as long as rows are kept; now, and every few hours. A day more, since
 * it is written down once a day at most that a piece was put again.
 *
 * @returns the function that stops it
 */
export function sweepBodies(options: SweepOptions): () => void {
  const { objects, retentionDays, clock, logger, everyMs = EVERY_MS } = options;
  const sweep = async () => {
    const before = new Date(clock().getTime() - (retentionDays + 1) * DAY_MS);
    try {
      const swept = await objects.sweep(before);
      if (swept > 0) logger.log({ msg: 'old pieces of bodies deleted', pieces: swept });
    } catch (err) {
      logger.error({ msg: 'old pieces of bodies could not be deleted', err });
    }
  };
  void sweep();
  const timer = setInterval(() => void sweep(), everyMs).unref();
  return () => clearInterval(timer);
}
