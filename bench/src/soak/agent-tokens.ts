import type { BenchIssuer } from '../drawbridge/bench-issuer.js';

const LIFE_SECONDS = 30;
const RENEW_MS = 15_000;

/** Tokens as agents have them: short-lived, and renewed before they end. */
export class AgentTokens {
  readonly #held = new Map<string, { readonly token: string; readonly madeAtMs: number }>();
  renewed = 0;

  constructor(private readonly issuer: BenchIssuer) {}

  of(subject: string): string {
    const held = this.#held.get(subject);
    if (held !== undefined && performance.now() - held.madeAtMs < RENEW_MS) return held.token;
    if (held !== undefined) this.renewed += 1;
    const token = this.issuer.token(subject, LIFE_SECONDS);
    this.#held.set(subject, { token, madeAtMs: performance.now() });
    return token;
  }

  /** One that ended a minute ago. */
  expired(subject: string): string {
    return this.issuer.token(subject, -60);
  }
}
