export interface BucketOptions {
  readonly perSecond: number;
  readonly burst: number;
}

/** Lets `burst` through at once and `perSecond` in the long run. Time comes with each call. */
export class TokenBucket {
  #tokens: number;
  #lastMs: number;

  constructor(
    private readonly options: BucketOptions,
    nowMs: number,
  ) {
    this.#tokens = options.burst;
    this.#lastMs = nowMs;
  }

  /** Takes one token; false when there is none. */
  take(nowMs: number): boolean {
    this.#refill(nowMs);
    if (this.#tokens < 1) return false;
    this.#tokens -= 1;
    return true;
  }

  /** Nothing was taken lately: a new bucket would be the same. */
  isFull(nowMs: number): boolean {
    this.#refill(nowMs);
    return this.#tokens >= this.options.burst;
  }

  #refill(nowMs: number): void {
    // A clock that was set back gives nothing and takes nothing.
    const elapsedMs = Math.max(0, nowMs - this.#lastMs);
    this.#lastMs = nowMs;
    const gained = (elapsedMs / 1000) * this.options.perSecond;
    this.#tokens = Math.min(this.options.burst, this.#tokens + gained);
  }
}
