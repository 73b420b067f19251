import { isDeepStrictEqual } from 'node:util';
import type { TrustBundle, TrustedIssuer } from '@drawbridge/contracts';
import type { CutReason } from '../domain/cut-reason.js';

/** A call that is being answered, with everything that can end it early. */
export interface LiveCall {
  readonly grantId: string;
  readonly connection: string;
  readonly issuer: string;
  readonly subject: string;
  readonly grantEndsAtMs: number;
  readonly tokenExpiresAtMs: number;
  readonly longRunning: boolean;
  /** Ends the call at once. Called once at most. */
  cut(reason: CutReason): void;
}

/**
 * Every call that is being answered. All of them end with their grant, token, issuer and connection, whatever
 * they are; deadlines are looked at by `sweep`, so a clock that jumps is noticed and no timer is too long.
 */
export class LiveCalls {
  readonly #calls = new Set<LiveCall>();
  #trusted: ReadonlyMap<string, TrustedIssuer> = new Map();

  /** @returns the function that takes the call out again when it has ended */
  add(call: LiveCall): () => void {
    this.#calls.add(call);
    return () => this.#calls.delete(call);
  }

  get size(): number {
    return this.#calls.size;
  }

  cutGrant(grantId: string, reason: CutReason): void {
    this.#cut((call) => (call.grantId === grantId ? reason : undefined));
  }

  cutConnection(connection: string): void {
    this.#cut((call) => (call.connection === connection ? 'connection_changed' : undefined));
  }

  cutLongRunning(reason: CutReason): void {
    this.#cut(({ longRunning }) => (longRunning ? reason : undefined));
  }

  cutAll(reason: CutReason): void {
    this.#cut(() => reason);
  }

  /** Ends the calls of everybody whom the new bundle no longer believes, or may no longer believe. */
  cutUntrusted(bundle: TrustBundle): void {
    const before = this.#trusted;
    const issuers = new Map(bundle.issuers.map((issuer) => [issuer.issuer, issuer]));
    this.#trusted = issuers;
    this.#cut(({ issuer, subject }) => {
      const trusted = issuers.get(issuer);
      if (trusted === undefined) return 'token_issuer_unknown';
      if (!believesAsMuch(trusted, before.get(issuer) ?? trusted)) return 'token_issuer_unknown';
      return trusted.disabledSubjects.includes(subject) ? 'token_subject_disabled' : undefined;
    });
  }

  /** Ends the calls whose grant or token is over. */
  sweep(now: Date): void {
    const time = now.getTime();
    this.#cut(({ grantEndsAtMs, tokenExpiresAtMs }) => {
      if (time >= grantEndsAtMs) return 'grant_expired';
      return time >= tokenExpiresAtMs ? 'token_expired' : undefined;
    });
  }

  #cut(reasonFor: (call: LiveCall) => CutReason | undefined): void {
    for (const call of [...this.#calls]) {
      const reason = reasonFor(call);
      if (reason === undefined) continue;
      this.#calls.delete(call);
      call.cut(reason);
    }
  }
}

/**
 * Whether every token that was believed is believed still. Tokens are not kept to be judged again, so with a
 * key taken away or another rule (audience, claims, …) nobody could tell: then a client has to come back.
 */
function believesAsMuch(now: TrustedIssuer, before: TrustedIssuer): boolean {
  const { keys, disabledSubjects } = before;
  const isKept = (key: unknown) => now.keys.some((other) => isDeepStrictEqual(other, key));
  return keys.every(isKept) && isDeepStrictEqual({ ...now, keys, disabledSubjects }, before);
}
