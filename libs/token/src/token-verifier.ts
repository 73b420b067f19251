import type { TrustBundle } from '@drawbridge/contracts';
import type { Clock } from '@drawbridge/kernel';
import { readBearerToken } from './bearer-token.js';
import { TokenCache } from './token-cache.js';
import type { TokenMemo } from './token-memo.js';
import { TokenRefused } from './token-refused.js';
import { verifyToken, type VerifiedToken } from './verify-token.js';

/**
 * Verifies the bearer tokens of incoming requests against the newest trust bundle.
 *
 * Verified tokens are cached for at most 60 seconds and never past their end. Another bundle starts an empty
 * cache, so a removed issuer or a disabled subject is refused from the next call on.
 */
export class TokenVerifier {
  #bundle: TrustBundle | undefined;
  #cache = new TokenCache();

  /**
   * @param getBundle - the newest bundle; must return the same object until there is a newer one
   * @param refresh - asked once when the issuer is trusted but the key is not known; when it resolves the
   *   token is judged again by the bundle of then. Must limit its own rate, since any caller can cause it.
   */
  constructor(
    private readonly getBundle: () => TrustBundle | undefined,
    private readonly clock: Clock,
    private readonly refresh?: () => Promise<void>,
  ) {}

  /**
   * @param authorization - the `Authorization` header; all of them (see `authorizationHeaders`) where the
   *   request may carry several
   * @throws {@link TokenRefused}
   */
  async verify(authorization: string | readonly string[] | undefined): Promise<VerifiedToken> {
    const token = readBearerToken(authorization);
    const bundle = this.#current();
    try {
      return await this.#verifyByNewest(token);
    } catch (error) {
      if (!isUnknownKey(error) || this.refresh === undefined) throw error;
      await this.refresh();
      if (this.#current() === bundle) throw error;
      return this.#verifyByNewest(token);
    }
  }

  /**
   * What `verify` would resolve with at once: a token that was verified lately, by the bundle of now. Without a
   * promise, for whoever asks ten thousand times a second.
   *
   * @param memo - where the answer is kept for whoever asks again with the same header
   * @returns `undefined` when the token has to be verified
   * @throws {@link TokenRefused} for what is no bearer token
   */
  recall(authorization: string | undefined, memo?: TokenMemo): VerifiedToken | undefined {
    const now = this.clock();
    const unchanged = this.#bundle !== undefined && this.getBundle() === this.#bundle;
    const remembered = memo?.recall(authorization, this.#cache, now.getTime());
    if (unchanged && remembered !== undefined) return remembered;
    const token = readBearerToken(authorization);
    this.#current();
    const known = this.#cache.recall(token, now);
    if (known === undefined || now >= known.verified.expiresAt) return undefined;
    memo?.remember(authorization, this.#cache, known);
    return known.verified;
  }

  /** While a signature is checked a newer bundle may arrive, and whoever acts on it not know of this token yet. */
  async #verifyByNewest(token: string): Promise<VerifiedToken> {
    for (;;) {
      const bundle = this.#current();
      const verified = await this.#verify(token, bundle);
      if (this.#current() === bundle) return verified;
    }
  }

  #current(): TrustBundle {
    const bundle = this.getBundle();
    if (bundle === undefined) {
      throw new TokenRefused('trust_unavailable', 'no trust bundle has been received yet');
    }
    if (bundle !== this.#bundle) {
      this.#bundle = bundle;
      this.#cache = new TokenCache();
    }
    return bundle;
  }

  async #verify(token: string, bundle: TrustBundle): Promise<VerifiedToken> {
    const now = this.clock();
    const verified = await this.#cache.get(token, now, () => verifyToken(bundle, token, now));
    if (now >= verified.expiresAt) throw new TokenRefused('token_expired', 'the token has expired');
    return verified;
  }
}

function isUnknownKey(error: unknown): boolean {
  return error instanceof TokenRefused && error.code === 'token_key_unknown';
}
