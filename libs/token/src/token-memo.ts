import type { VerifiedToken } from './verify-token.js';

/**
 * What one `Authorization` header came to: for whoever gets the same one again and again, as on a connection, and
 * wants to look for it no longer than comparing takes.
 */
export class TokenMemo {
  #authorization: string | undefined;
  #verified: VerifiedToken | undefined;
  #untilMs = 0;
  /** By whom it was verified, and for as long as that is the same. */
  #by: object | undefined;

  /** @returns `undefined` when the token has to be looked for */
  recall(authorization: string | undefined, by: object, nowMs: number): VerifiedToken | undefined {
    const same = by === this.#by && nowMs < this.#untilMs && authorization === this.#authorization;
    return same ? this.#verified : undefined;
  }

  remember(authorization: string | undefined, by: object, known: RememberedToken): void {
    this.#authorization = authorization;
    this.#by = by;
    this.#verified = known.verified;
    this.#untilMs = Math.min(known.untilMs, known.verified.expiresAt.getTime());
  }

  /** So that no token stands in memory for longer than it is of use. */
  forget(): void {
    this.#authorization = undefined;
    this.#by = undefined;
    this.#verified = undefined;
    this.#untilMs = 0;
  }
}

export interface RememberedToken {
  readonly verified: VerifiedToken;
  /** Then it has to be verified again. */
  readonly untilMs: number;
}
