/** A value as its source gave it; times count from when it was asked for. */
export interface Obtained<Value> {
  readonly value: Value;
  /** Before this it is good; after it is never given out. */
  readonly usableMs: number;
  /** When a new one is fetched, while this one is still used. */
  readonly renewAfterMs: number;
}

export interface RenewedOptions<Value> {
  /** Gets a new value. Gives up when `signal` is aborted. */
  readonly obtain: (signal: AbortSignal) => Promise<Obtained<Value>>;
  /** Hears why a value could not be renewed; `usableMs` is how long the present one still goes on. */
  readonly onFailure?: (error: unknown, usableMs: number) => void;
  /** Values that mean the same: the one that is held stays, so that nothing is made anew for it. */
  readonly same?: (one: Value, other: Value) => boolean;
  /** Renewed ahead even if nobody asked for it since. @default false */
  readonly whileIdle?: boolean;
  /** Longest pause between two attempts while they fail. @default 30_000 */
  readonly maxPauseMs?: number;
  /** A value younger than this is not dropped, so that a cluster that refuses everything costs little. @default 1_000 */
  readonly minAgeMs?: number;
}

interface Held<Value> {
  readonly value: Value;
  readonly obtainedAtMs: number;
  readonly usableUntilMs: number;
  readonly renewAtMs: number;
}

const FIRST_PAUSE_MS = 250;
const MAX_PAUSE_MS = 30_000;
/** The longest that a timer can wait. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/**
 * A value that ages, renewed ahead of its end: one fetch at a time for all who ask, in the background while the
 * present value is good. While its source fails it goes on with what it has until that ends, and asks again at
 * growing intervals only.
 */
export class Renewed<Value> {
  readonly #options: RenewedOptions<Value>;
  readonly #closed = new AbortController();
  #held: Held<Value> | undefined;
  #fetching: Promise<Value> | undefined;
  #failure = new Error('never tried');
  #failures = 0;
  #retryAtMs = -Infinity;
  #used = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(options: RenewedOptions<Value>) {
    this.#options = options;
  }

  /** The value; a promise only when there is none that is good. Rejects with what `obtain` threw. */
  current(): Value | Promise<Value> {
    const held = this.#held;
    const now = performance.now();
    if (held === undefined || now >= held.usableUntilMs) return this.#wait(now);
    this.#used = true;
    if (now >= held.renewAtMs && now >= this.#retryAtMs) this.#renew();
    return held.value;
  }

  /** What is held is not given out again, unless it has only just come. */
  drop(): void {
    const { minAgeMs = 1_000 } = this.#options;
    if (this.#held === undefined || performance.now() - this.#held.obtainedAtMs < minAgeMs) return;
    this.#held = undefined;
  }

  close(): void {
    this.#closed.abort();
    clearTimeout(this.#timer);
    this.#held = undefined;
  }

  #wait(now: number): Promise<Value> {
    this.#used = true;
    if (this.#fetching !== undefined) return this.#fetching;
    // Its source has just failed: one answer for all until it is asked again.
    if (now < this.#retryAtMs) return Promise.reject(this.#failure);
    return this.#fetch(now);
  }

  #renew(): void {
    if (this.#fetching === undefined) this.#fetch(performance.now()).catch(() => undefined);
  }

  #fetch(askedAtMs: number): Promise<Value> {
    const { signal } = this.#closed;
    if (signal.aborted) return Promise.reject(new Error('closed'));
    this.#fetching = this.#options
      .obtain(signal)
      .then(
        (obtained) => this.#take(obtained, askedAtMs),
        (error: unknown) => this.#fail(error),
      )
      .finally(() => {
        this.#fetching = undefined;
      });
    return this.#fetching;
  }

  #take({ value, usableMs, renewAfterMs }: Obtained<Value>, askedAtMs: number): Value {
    const before = this.#held?.value;
    const keep = before !== undefined && this.#options.same?.(before, value) === true;
    this.#failures = 0;
    this.#retryAtMs = -Infinity;
    this.#used = false;
    const kept = keep ? before : value;
    if (this.#closed.signal.aborted) return kept;
    this.#held = {
      value: kept,
      obtainedAtMs: askedAtMs,
      usableUntilMs: askedAtMs + usableMs,
      renewAtMs: askedAtMs + renewAfterMs,
    };
    this.#schedule(this.#held.renewAtMs);
    return kept;
  }

  #fail(error: unknown): never {
    const { maxPauseMs = MAX_PAUSE_MS, onFailure } = this.#options;
    const now = performance.now();
    const pause = Math.min(FIRST_PAUSE_MS * 2 ** this.#failures, maxPauseMs, MAX_PAUSE_MS);
    this.#failures += 1;
    this.#failure = error instanceof Error ? error : new Error('failed', { cause: error });
    // Spread, so that workers and replicas that failed together do not ask together again.
    this.#retryAtMs = now + pause * (0.75 + Math.random() / 4);
    if (!this.#closed.signal.aborted) {
      onFailure?.(error, Math.max(0, (this.#held?.usableUntilMs ?? 0) - now));
      this.#schedule(this.#retryAtMs);
    }
    throw error;
  }

  #schedule(atMs: number): void {
    clearTimeout(this.#timer);
    const inMs = Math.max(0, atMs - performance.now());
    if (inMs > MAX_TIMER_MS) return;
    this.#timer = setTimeout(() => {
      if (this.#used || this.#options.whileIdle === true) this.#renew();
    }, inMs);
    this.#timer.unref();
  }
}
