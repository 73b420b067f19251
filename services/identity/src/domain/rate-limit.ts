/** At most this many callers are remembered; the one unused longest is forgotten first. */
const MAX_CALLERS = 10_000;

interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

export interface Rate {
  /** How many calls a caller may make at once after a pause. */
  readonly burst: number;
  readonly perMinute: number;
}

/** A token bucket for each caller, in bounded memory. */
export class RateLimit {
  readonly #buckets = new Map<string, Bucket>();

  constructor(private readonly rate: Rate) {}

  /**
   * Counts one call.
   *
   * @returns `undefined` when it may proceed, otherwise after how many whole seconds one may
   */
  take(caller: string, now: Date): number | undefined {
    const { burst, perMinute } = this.rate;
    const at = now.getTime();
    const known = this.#buckets.get(caller) ?? { tokens: burst, at };
    const refilled = known.tokens + (Math.max(0, at - known.at) / 60_000) * perMinute;
    const tokens = Math.min(burst, refilled);
    const allowed = tokens >= 1;
    this.#remember(caller, { tokens: allowed ? tokens - 1 : tokens, at });
    return allowed ? undefined : Math.ceil(((1 - tokens) / perMinute) * 60);
  }

  #remember(caller: string, bucket: Bucket): void {
    this.#buckets.delete(caller);
    this.#buckets.set(caller, bucket);
    const [oldest] = this.#buckets.keys();
    if (this.#buckets.size > MAX_CALLERS && oldest !== undefined) this.#buckets.delete(oldest);
  }
}
