import type { Principal } from '@drawbridge/contracts';
import { CallRefused } from './call-refused.js';
import { TokenBucket, type BucketOptions } from './token-bucket.js';

export interface AgentLimitOptions {
  readonly rate: BucketOptions;
  /** Calls of one agent that are answered at the same time, long-running ones apart. */
  readonly maxCalls: number;
  /** Watches and logs of one agent at the same time. */
  readonly maxStreams: number;
}

interface Usage {
  readonly bucket: TokenBucket;
  calls: number;
  streams: number;
}

const SWEEP_EVERY = 1_000;

/** What one agent may use of the gateway, so that it cannot starve others. Idle agents are forgotten. */
export class AgentLimits {
  readonly #usage = new Map<string, Usage>();
  #taken = 0;

  constructor(private readonly options: AgentLimitOptions) {}

  /**
   * Counts a call in.
   *
   * @returns the function that counts it out again, to be called once
   * @throws {@link CallRefused} `too_many_requests` or `too_many_calls`
   */
  enter(
    agent: Pick<Principal, 'issuer' | 'subject'>,
    longRunning: boolean,
    nowMs: number,
  ): () => void {
    const usage = this.#of(JSON.stringify([agent.issuer, agent.subject]), nowMs);
    const kind = longRunning ? 'streams' : 'calls';
    const limit = longRunning ? this.options.maxStreams : this.options.maxCalls;
    if (usage[kind] >= limit) {
      const what = longRunning ? 'watches and log streams' : 'calls';
      throw new CallRefused('too_many_calls', `you have ${limit} open ${what} already`);
    }
    if (!usage.bucket.take(nowMs)) {
      const { perSecond } = this.options.rate;
      throw new CallRefused('too_many_requests', `expected at most ${perSecond} calls a second`);
    }
    usage[kind] += 1;
    return () => {
      usage[kind] -= 1;
    };
  }

  get size(): number {
    return this.#usage.size;
  }

  #of(key: string, nowMs: number): Usage {
    this.#taken += 1;
    if (this.#taken % SWEEP_EVERY === 0) this.#forgetIdle(nowMs);
    const known = this.#usage.get(key);
    if (known !== undefined) return known;
    const usage = { bucket: new TokenBucket(this.options.rate, nowMs), calls: 0, streams: 0 };
    this.#usage.set(key, usage);
    return usage;
  }

  #forgetIdle(nowMs: number): void {
    for (const [key, { bucket, calls, streams }] of this.#usage) {
      if (calls + streams === 0 && bucket.isFull(nowMs)) this.#usage.delete(key);
    }
  }
}
