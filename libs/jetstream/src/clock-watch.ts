import type { LoggerService } from '@nestjs/common';
import { AppError, type Clock } from '@drawbridge/kernel';
import { bestOf, isBeyond, withSample, type ClockSample } from './clock-offset.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { ACCESS_STREAM } from './stream-definitions.js';

const LOOK_MS = 5_000;
const TIMEOUT_MS = 2_000;

/** Our clock and the one of NATS differ by too much; nothing was done. */
export class ClockSkewed extends AppError<'clock_skewed'> {}

export interface ClockWatchOptions {
  readonly connection: JetStreamConnection;
  /** The clock that is watched. */
  readonly clock: Clock;
  /** By how much it may differ from the one of NATS. */
  readonly maxSkewMs: number;
  readonly logger: LoggerService;
  /** Time between two looks. @default 5000 */
  readonly lookMs?: number;
}

/**
 * Compares a clock with the one of the NATS server, which all services share, so that any two of them differ by
 * twice the bound at most. Looks again and again; while the server is away, what was known last stands.
 */
export class ClockWatch {
  #samples: readonly ClockSample[] = [];
  #wrongSince: number | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking: Promise<void> = Promise.resolve();
  #isClosed = false;

  private constructor(private readonly options: ClockWatchOptions) {}

  /** Looks once before it resolves. @throws when the server does not tell its time */
  static async start(options: ClockWatchOptions): Promise<ClockWatch> {
    const watch = new ClockWatch(options);
    await watch.#look();
    watch.#next();
    return watch;
  }

  /** The server's time less ours, in milliseconds. */
  get offsetMs(): number {
    return Math.round(bestOf(this.#samples)?.offsetMs ?? 0);
  }

  /** Whether ours is right, as far as can be known. */
  get isRight(): boolean {
    return this.#wrongSince === undefined;
  }

  /** For how long it has been wrong. */
  get wrongForMs(): number {
    return this.#wrongSince === undefined ? 0 : performance.now() - this.#wrongSince;
  }

  /** The later of our time and the server's: by it what ends, ends at the earlier of both. */
  latest(): Date {
    const ours = this.options.clock();
    return this.offsetMs > 0 ? new Date(ours.getTime() + this.offsetMs) : ours;
  }

  /** The earlier of both: by it what is to begin, begins at the later of both. */
  earliest(): Date {
    const ours = this.options.clock();
    return this.offsetMs < 0 ? new Date(ours.getTime() + this.offsetMs) : ours;
  }

  /** @throws ClockSkewed */
  requireRight(): void {
    if (this.isRight) return;
    const message = `the clock of this replica and the one of NATS differ by ${this.offsetMs} ms`;
    throw new ClockSkewed('clock_skewed', message);
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    clearTimeout(this.#timer);
    await this.#looking;
  }

  #next(): void {
    if (this.#isClosed) return;
    this.#timer = setTimeout(() => {
      // Without an answer there is nothing to learn.
      this.#looking = this.#look()
        .catch(() => undefined)
        .finally(() => this.#next());
    }, this.options.lookMs ?? LOOK_MS);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    this.#samples = withSample(this.#samples, await this.#sample());
    this.#judge();
  }

  async #sample(): Promise<ClockSample> {
    const { connection, clock } = this.options;
    const askedAt = performance.now();
    const subject = `$JS.API.STREAM.INFO.${ACCESS_STREAM}`;
    const answer = await connection.nats.request(subject, '', { timeout: TIMEOUT_MS });
    const errorMs = (performance.now() - askedAt) / 2;
    // When the server told its time is not known better than to half of the way.
    const ours = clock().getTime() - errorMs;
    return { offsetMs: timeOf(answer.json()) - ours, errorMs };
  }

  #judge(): void {
    const { maxSkewMs, logger } = this.options;
    const wasRight = this.isRight;
    const isWrong = isBeyond(bestOf(this.#samples), maxSkewMs);
    if (!isWrong) this.#wrongSince = undefined;
    else this.#wrongSince ??= performance.now();
    if (this.isRight === wasRight) return;
    const facts = { clockOffsetMs: this.offsetMs, maxSkewMs };
    if (isWrong) logger.error({ msg: 'clock differs too much from the one of NATS', ...facts });
    else logger.log({ msg: 'clock is right again', ...facts });
  }
}

/** `ts` of an answer of the server's API: RFC 3339 with nanoseconds. */
function timeOf(answer: unknown): number {
  const ts =
    typeof answer === 'object' && answer !== null && 'ts' in answer ? answer.ts : undefined;
  const time = typeof ts === 'string' ? Date.parse(ts) : NaN;
  if (Number.isNaN(time)) throw new Error('the NATS server does not tell its time');
  return time;
}
