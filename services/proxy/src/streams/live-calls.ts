import { isDeepStrictEqual } from 'node:util';
import type { TrustBundle, TrustedIssuer } from '@drawbridge/contracts';
import type { CutReason } from '../domain/cut-reason.js';
import type { Pausable } from './pause-switch.js';

/** A call that is being answered, with everything that can end it early. */
export interface LiveCall {
  readonly commandId: string;
  readonly grantId: string;
  readonly connection: string;
  readonly issuer: string;
  readonly subject: string;
  /** Looked at again and again, since an extension puts its end off. */
  readonly grant: { readonly endsAtMs: number };
  readonly tokenExpiresAtMs: number;
  readonly longRunning: boolean;
  /** Of one that goes on for long. */
  readonly pauseSwitch?: Pausable | undefined;
  /** Ends the call at once. Called once at most. */
  cut(reason: CutReason): void;
}

const GONE = -1;

/** A call and its place in the list. */
interface Slot {
  readonly call: LiveCall;
  at: number;
}

/**
 * Every call that is being answered. All of them end with their grant, token, issuer and connection, whatever
 * they are; deadlines are looked at by `sweep`, so a clock that jumps is noticed and no timer is too long.
 */
export class LiveCalls {
  // No set: one in which elements come and go leaves its old tables to the collector as a chain, each with the calls
  // of its time, and none of them is collected young any more.
  readonly #slots: Slot[] = [];
  #trusted: ReadonlyMap<string, TrustedIssuer> = new Map();

  /** @returns the function that takes the call out again when it has ended */
  add(call: LiveCall): () => void {
    const slot = { call, at: this.#slots.length };
    this.#slots.push(slot);
    return () => this.#remove(slot);
  }

  get size(): number {
    return this.#slots.length;
  }

  cutGrant(grantId: string, reason: CutReason): void {
    this.#cut((call) => (call.grantId === grantId ? reason : undefined));
  }

  /** Ends a stream. A call that is over in a moment is none. */
  cutSession(commandId: string): void {
    this.#cut((call) =>
      call.longRunning && call.commandId === commandId ? 'session_cut' : undefined,
    );
  }

  /** The stream of a call, if it is here. */
  session(commandId: string): Pick<LiveCall, 'connection' | 'grantId' | 'pauseSwitch'> | undefined {
    return this.#slots.find(({ call }) => call.longRunning && call.commandId === commandId)?.call;
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
    this.#cut(({ grant, tokenExpiresAtMs }) => {
      if (time >= grant.endsAtMs) return 'grant_expired';
      return time >= tokenExpiresAtMs ? 'token_expired' : undefined;
    });
  }

  #cut(reasonFor: (call: LiveCall) => CutReason | undefined): void {
    for (const slot of [...this.#slots]) {
      const reason = reasonFor(slot.call);
      if (reason === undefined || slot.at === GONE) continue;
      this.#remove(slot);
      slot.call.cut(reason);
    }
  }

  /** The last one takes its place. */
  #remove(slot: Slot): void {
    if (slot.at === GONE) return;
    const last = this.#slots.pop();
    if (last !== undefined && last !== slot) {
      this.#slots[slot.at] = last;
      last.at = slot.at;
    }
    slot.at = GONE;
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
