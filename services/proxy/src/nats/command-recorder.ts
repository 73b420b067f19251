import type { LoggerService } from '@nestjs/common';
import type { CommandRecord } from '@drawbridge/contracts';
import type { CommandLog } from '@drawbridge/jetstream';
import type { RefusalLog } from '../chain/answer-refusals.js';
import type { Recorder } from '../chain/record-call.js';
import { CallRefused } from '../domain/call-refused.js';
import { TokenBucket } from '../domain/token-bucket.js';

/** How long a caller waits for its refusal to be recorded. */
const REFUSAL_MS = 1_000;
const RETRY_MS = 500;
/** Records that may wait for the bus. At this many no call is taken any more, so none is ever dropped. */
const MAX_BACKLOG = 10_000;
/** Records of the backlog that are tried at the same time. */
const MAX_ATTEMPTS = 64;
const REPORT_MS = 10_000;

interface Waiting {
  readonly record: CommandRecord;
  readonly stored: () => void;
}

export interface RecorderOptions {
  readonly log: CommandLog;
  readonly logger: LoggerService;
  /** @default 10000 */
  readonly maxBacklog?: number;
}

/**
 * Puts commands on the record. A start must be acknowledged before its call goes on; an end is kept in memory
 * and tried until it is acknowledged.
 *
 * Refusals that cost a stranger nothing (no valid token, over the limits) are recorded at 20 a second; the
 * rest of a flood is counted, and the count logged.
 */
export class CommandRecorder implements Recorder, RefusalLog {
  readonly #cheapRefusals = new TokenBucket({ perSecond: 20, burst: 200 }, performance.now());
  readonly #maxBacklog: number;
  readonly #reporting: NodeJS.Timeout;
  readonly #flushed = Promise.withResolvers<true>();
  readonly #waiting: Waiting[] = [];
  #trying = 0;
  #closing = false;
  #unrecorded = 0;
  #reported = 0;

  constructor(private readonly options: RecorderOptions) {
    this.#maxBacklog = options.maxBacklog ?? MAX_BACKLOG;
    this.#reporting = setInterval(() => this.#report(), REPORT_MS).unref();
  }

  /** Records that wait for the bus. */
  get backlog(): number {
    return this.#waiting.length + this.#trying;
  }

  /** Refusals of a flood that were counted only. */
  get unrecorded(): number {
    return this.#unrecorded;
  }

  async start(record: CommandRecord & { type: 'CommandStarted' }): Promise<void> {
    if (this.backlog >= this.#maxBacklog) throw unavailable();
    try {
      await this.options.log.record(record);
    } catch (cause) {
      void this.#endUnforwarded(record);
      throw unavailable({ cause });
    }
  }

  end(record: CommandRecord & { type: 'CommandEnded' }): void {
    void this.#deliver(record);
  }

  async refused(record: CommandRecord & { type: 'CommandRefused' }): Promise<void> {
    const cheap = record.agent === undefined || record.statusCode === 429;
    const full = this.backlog >= this.#maxBacklog;
    if (full || (cheap && !this.#cheapRefusals.take(performance.now()))) {
      this.#unrecorded += 1;
      return;
    }
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, REFUSAL_MS);
    });
    await Promise.race([this.#deliver(record), late]);
    clearTimeout(timer);
  }

  /** Gives what still waits until `timeoutMs` to be recorded; returns how many records are lost. */
  async close(timeoutMs: number): Promise<number> {
    clearInterval(this.#reporting);
    this.#closing = true;
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, timeoutMs);
    });
    if (this.backlog > 0) await Promise.race([this.#flushed.promise, late]);
    clearTimeout(timer);
    this.#report();
    return this.backlog;
  }

  /** Resolves when the record is stored, however long that takes. */
  #deliver(record: CommandRecord): Promise<true> {
    const { promise, resolve } = Promise.withResolvers<true>();
    this.#waiting.push({ record, stored: () => resolve(true) });
    this.#work();
    return promise;
  }

  #work(): void {
    while (this.#trying < MAX_ATTEMPTS) {
      const next = this.#waiting.shift();
      if (next === undefined) break;
      this.#trying += 1;
      void this.#store(next);
    }
    if (this.#closing && this.backlog === 0) this.#flushed.resolve(true);
  }

  async #store({ record, stored }: Waiting): Promise<void> {
    while (!(await this.#attempt(record))) {
      await new Promise((resolve) => setTimeout(resolve, RETRY_MS).unref());
    }
    this.#trying -= 1;
    stored();
    this.#work();
  }

  async #attempt(record: CommandRecord): Promise<boolean> {
    try {
      await this.options.log.record(record);
      return true;
    } catch {
      // Whether it was stored is unknown; its message id makes the next attempt harmless.
      return false;
    }
  }

  /**
   * The start may have been stored although nobody said so. It is made certain, and its end says that nothing
   * was forwarded, so that the record shows neither half of a call alone.
   */
  async #endUnforwarded(record: CommandRecord & { type: 'CommandStarted' }): Promise<void> {
    const { commandId, connection, grantId, at } = record;
    if (grantId === undefined || this.backlog >= this.#maxBacklog) return;
    await this.#deliver(record);
    const nothing = { statusCode: 503, requestBytes: 0, responseBytes: 0, durationMs: 0 };
    const reason = 'record_unavailable';
    this.end({
      ...{ type: 'CommandEnded', commandId, connection, grantId, at },
      ...{ outcome: 'cut', reason, ...nothing },
    });
  }

  #report(): void {
    const more = this.#unrecorded - this.#reported;
    if (more === 0) return;
    this.#reported = this.#unrecorded;
    this.options.logger.warn({ msg: 'refusals counted, not recorded', more });
  }
}

const unavailable = (options: ErrorOptions = {}) =>
  new CallRefused(
    'record_unavailable',
    'the call cannot be recorded at the moment, so it is not forwarded; try again later',
    options,
  );
