/** Entries after which it takes no more; each is a genuine request of the last ten minutes. */
const CAPACITY = 10_000;

/** Remembers what was seen, so that it is taken only once. Bounded; when full it says so and forgets nothing. */
export class ReplayCache {
  /** Oldest first: every entry is kept for the same time. */
  readonly #seen = new Map<string, number>();

  constructor(
    private readonly keepMs: number,
    private readonly capacity = CAPACITY,
  ) {}

  /** Takes all of `keys` or, when one of them was seen before, none. */
  take(keys: readonly string[], now: Date): 'new' | 'seen' | 'full' {
    this.#expire(now.getTime());
    if (keys.some((key) => this.#seen.has(key))) return 'seen';
    if (this.#seen.size + keys.length > this.capacity) return 'full';
    for (const key of keys) this.#seen.set(key, now.getTime() + this.keepMs);
    return 'new';
  }

  #expire(now: number): void {
    for (const [key, until] of this.#seen) {
      if (until > now) return;
      this.#seen.delete(key);
    }
  }
}
