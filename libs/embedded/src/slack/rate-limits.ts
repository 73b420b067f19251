/** How often a Web API method may be called. */
export interface RateLimit {
  readonly calls: number;
  readonly perMs: number;
}

/** Limits by method, as Slack has them: whoever calls too often is told after how many seconds to come again. */
export class RateLimits {
  #limits: Readonly<Record<string, RateLimit>> = {};
  readonly #calls = new Map<string, number[]>();

  constructor(private readonly now: () => number) {}

  /** From now on; methods that are not named are not limited. */
  set(limits: Readonly<Record<string, RateLimit>>): void {
    this.#limits = limits;
    this.#calls.clear();
  }

  /** Counts a call. @returns for `Retry-After`, when it is one too many */
  secondsToWait(method: string): number | undefined {
    const limit = this.#limits[method];
    if (limit === undefined) return undefined;
    const now = this.now();
    const recent = (this.#calls.get(method) ?? []).filter((at) => at > now - limit.perMs);
    this.#calls.set(method, recent);
    if (recent.length < limit.calls) {
      recent.push(now);
      return undefined;
    }
    const freeAt = (recent[0] ?? now) + limit.perMs;
    return Math.max(1, Math.ceil((freeAt - now) / 1000));
  }
}
