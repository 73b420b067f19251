import { principalId, type Principal } from '@drawbridge/contracts';
import { TokenBucket } from '../domain/token-bucket.js';

const RATE = { perSecond: 10 / 60, burst: 10 };
/** So many agents are told apart; when there are more, those that asked for nothing lately are forgotten. */
const MAX_AGENTS = 10_000;

/** Ten certificates a minute and agent, in each worker: signing costs more than any other call. */
export class CertificateRate {
  readonly #buckets = new Map<string, TokenBucket>();

  /** Takes one; false when there is none. */
  take(agent: Pick<Principal, 'issuer' | 'subject'>, nowMs: number): boolean {
    const id = principalId(agent);
    const bucket = this.#buckets.get(id) ?? new TokenBucket(RATE, nowMs);
    if (!this.#buckets.has(id)) this.#forgetIdle(nowMs);
    if (!this.#buckets.has(id) && this.#buckets.size >= MAX_AGENTS) return false;
    this.#buckets.set(id, bucket);
    return bucket.take(nowMs);
  }

  #forgetIdle(nowMs: number): void {
    if (this.#buckets.size < MAX_AGENTS) return;
    for (const [id, bucket] of this.#buckets) if (bucket.isFull(nowMs)) this.#buckets.delete(id);
  }
}
