import { hash } from 'node:crypto';
import type { RememberedToken } from './token-memo.js';
import type { VerifiedToken } from './verify-token.js';

const MAX_ENTRIES = 10_000;
const MAX_LIFE_MS = 60_000;
/** How often what is too old is thrown away, at most: each time all entries are looked at. */
const SWEEP_MS = 10_000;

interface Entry {
  readonly verified: Promise<VerifiedToken>;
  readonly until: number;
  /** What `verified` came to. */
  value: VerifiedToken | undefined;
}

/**
 * Verified tokens under the SHA-256 of the token, so that no token stands in a heap dump.
 *
 * Holds at most 10 000 (the longest unused goes first), each for at most 60 seconds; those that are older go when
 * others come. That matters: agents renew their tokens all day, and much is kept for the principal of each. Concurrent
 * callers with the same token share one verification; refusals are not kept.
 */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();
  #sweepAt = 0;

  /** Tokens that are held, good or not. */
  get size(): number {
    return this.#entries.size;
  }

  /** The result of a verification that is done, if it is still good: without a promise. */
  recall(token: string, now: Date): RememberedToken | undefined {
    const key = keyOf(token);
    const known = this.#entries.get(key);
    if (known?.value === undefined || known.until <= now.getTime()) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, known);
    return { verified: known.value, untilMs: known.until };
  }

  /** The cached result, or that of `verify`, kept unless it refuses. */
  get(token: string, now: Date, verify: () => Promise<VerifiedToken>): Promise<VerifiedToken> {
    const key = keyOf(token);
    this.#sweep(now.getTime());
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const fresh = known !== undefined && known.until > now.getTime();
    const entry = fresh ? known : entryOf(verify(), now.getTime() + MAX_LIFE_MS);
    this.#entries.set(key, entry);
    if (!fresh) this.#admit(key, entry);
    return entry.verified;
  }

  #sweep(now: number): void {
    if (now < this.#sweepAt) return;
    this.#sweepAt = now + SWEEP_MS;
    for (const [key, { until }] of this.#entries) if (until <= now) this.#entries.delete(key);
  }

  #admit(key: string, entry: Entry): void {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    entry.verified.then(
      (value) => {
        entry.value = value;
      },
      () => {
        if (this.#entries.get(key) === entry) this.#entries.delete(key);
      },
    );
  }
}

const keyOf = (token: string) => hash('sha256', token, 'base64');

const entryOf = (verified: Promise<VerifiedToken>, until: number): Entry => ({
  verified,
  until,
  value: undefined,
});
