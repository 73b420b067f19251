import type { Clock } from '@drawbridge/kernel';

const PER_MINUTE = 600;

/**
 * How many callbacks each ticket system may send, so many at once and then so many a minute. Counted behind the
 * signature: nobody else can use it up, and there are no more counters than webhooks.
 */
export class CallbackRate {
  readonly #buckets = new Map<string, { left: number; atMs: number }>();

  constructor(
    private readonly clock: Clock,
    private readonly perMinute = PER_MINUTE,
  ) {}

  /** @returns whether one more is possible now */
  take(name: string): boolean {
    const now = this.clock().getTime();
    const bucket = this.#buckets.get(name) ?? { left: this.perMinute, atMs: now };
    const refilled = (Math.max(now - bucket.atMs, 0) / 60_000) * this.perMinute;
    const left = Math.min(bucket.left + refilled, this.perMinute);
    const isFree = left >= 1;
    this.#buckets.set(name, { left: isFree ? left - 1 : left, atMs: now });
    return isFree;
  }

  /** Forgets all but these. */
  keep(names: ReadonlySet<string>): void {
    for (const name of this.#buckets.keys()) if (!names.has(name)) this.#buckets.delete(name);
  }
}
