import { hash } from 'node:crypto';
import type { VerifiedToken } from './verify-token.js';

const MAX_ENTRIES = 10_000;
const MAX_LIFE_MS = 60_000;

interface Entry {
  readonly verified: Promise<VerifiedToken>;
  readonly until: number;
  /** What `verified` came to. */
  value: VerifiedToken | undefined;
}

/**
 * Verified tokens under the SHA-256 of the token, so that no token stands in a heap dump.
 *
 * Holds at most 10 000 (the longest unused goes first), each for at most 60 seconds. Concurrent callers with
 * the same token share one verification; refusals are not kept.
 */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();

  /** The result of a verification that is done, if it is still good: without a promise. */
  recall(token: string, now: Date): VerifiedToken | undefined {
    const key = keyOf(token);
    const known = this.#entries.get(key);
    if (known?.value === undefined || known.until <= now.getTime()) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, known);
    return known.value;
  }

  /** The cached result, or that of `verify`, kept unless it refuses. */
  get(token: string, now: Date, verify: () => Promise<VerifiedToken>): Promise<VerifiedToken> {
    const key = keyOf(token);
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const fresh = known !== undefined && known.until > now.getTime();
    const entry = fresh ? known : entryOf(verify(), now.getTime() + MAX_LIFE_MS);
    this.#entries.set(key, entry);
    if (!fresh) this.#admit(key, entry);
    return entry.verified;
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
