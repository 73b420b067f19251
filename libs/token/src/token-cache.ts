import { createHash } from 'node:crypto';
import type { VerifiedToken } from './verify-token.js';

const MAX_ENTRIES = 10_000;
const MAX_LIFE_MS = 60_000;

interface Entry {
  readonly verified: Promise<VerifiedToken>;
  readonly until: number;
}

/**
 * Verified tokens under the SHA-256 of the token, so that no token stands in a heap dump.
 *
 * Holds at most 10 000 (the longest unused goes first), each for at most 60 seconds. Concurrent callers with
 * the same token share one verification; refusals are not kept.
 */
export class TokenCache {
  readonly #entries = new Map<string, Entry>();

  /** The cached result, or that of `verify`, kept unless it refuses. */
  get(token: string, now: Date, verify: () => Promise<VerifiedToken>): Promise<VerifiedToken> {
    const key = createHash('sha256').update(token).digest('base64');
    const known = this.#entries.get(key);
    this.#entries.delete(key);
    const fresh = known !== undefined && known.until > now.getTime();
    const entry = fresh ? known : { verified: verify(), until: now.getTime() + MAX_LIFE_MS };
    this.#entries.set(key, entry);
    if (!fresh) this.#admit(key, entry);
    return entry.verified;
  }

  #admit(key: string, entry: Entry): void {
    const [oldest] = this.#entries.keys();
    if (this.#entries.size > MAX_ENTRIES && oldest !== undefined) this.#entries.delete(oldest);
    entry.verified.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
  }
}
