import type { Principal } from '@drawbridge/contracts';
import { CallRefused } from '../domain/call-refused.js';
import { sharedNow } from './shared-clock.js';
import {
  usageMemory,
  UsageTable,
  type RateOptions,
  type UsageMemory,
  type UsageRef,
} from './usage-table.js';

export interface AgentLimitOptions {
  readonly rate: RateOptions;
  /** Calls of one agent that are answered at the same time, long-running ones apart. */
  readonly maxCalls: number;
  /** Watches, logs and channels of one agent at the same time. */
  readonly maxStreams: number;
  /** Where all workers count together. @default memory of its own */
  readonly memory?: UsageMemory;
  /** Index of this worker. @default 0 */
  readonly worker?: number;
  /** @default milliseconds since the machine started */
  readonly now?: () => number;
}

type Agent = Pick<Principal, 'issuer' | 'subject'>;

/** Agents that may be under way, or have been lately, at the same time. */
export const MAX_AGENTS = 16_384;
/** How long a call may wait for its turn. */
const MAX_TURN_MS = 1_000;
const [CALLS, STREAMS] = [0, 1];

/** What one agent may use of the gateway, all its workers together, so that it cannot starve others. */
export class AgentLimits {
  readonly #table: UsageTable;
  readonly #now: () => number;
  /** By the principal that the token cache gives for every call with the same token. */
  readonly #known = new WeakMap<Agent, UsageRef>();

  constructor(private readonly options: AgentLimitOptions) {
    const memory = options.memory ?? usageMemory(MAX_AGENTS, 1);
    this.#table = new UsageTable(memory, options.worker ?? 0, options.rate);
    this.#now = options.now ?? sharedNow;
  }

  /**
   * Counts a call in.
   *
   * @returns what `leave` wants to count it out again, once
   * @throws {@link CallRefused} `too_many_calls`
   */
  enter(agent: Agent, longRunning: boolean): UsageRef {
    const limit = longRunning ? this.options.maxStreams : this.options.maxCalls;
    for (;;) {
      const ref = this.#known.get(agent) ?? this.#find(agent);
      const entered = this.#table.enter(ref, longRunning ? STREAMS : CALLS, limit);
      if (entered === 'entered') return ref;
      this.#known.delete(agent);
      if (entered === 'gone') continue;
      const what = longRunning ? 'streams' : 'calls';
      throw new CallRefused('too_many_calls', `you have ${limit} open ${what} already`);
    }
  }

  /**
   * Takes the turn of a call that was counted in: at its rate, an agent gets it at once; above, later. So a caller
   * who waits for answers slows down to its own rate, and costs no more than within it.
   *
   * @returns milliseconds until then, mostly 0
   * @throws {@link CallRefused} `too_many_requests`: it would be more than a second
   */
  turn(ref: UsageRef): number {
    const waitMs = this.#table.take(ref, this.#now(), MAX_TURN_MS);
    if (waitMs !== undefined) return waitMs;
    const { perSecond } = this.options.rate;
    throw new CallRefused('too_many_requests', `expected at most ${perSecond} calls a second`);
  }

  leave(ref: UsageRef, longRunning: boolean): void {
    this.#table.leave(ref, longRunning ? STREAMS : CALLS);
  }

  /** Takes back all that a worker had counted, when it is gone. */
  release(worker: number): void {
    this.#table.release(worker);
  }

  #find(agent: Agent): UsageRef {
    const key = JSON.stringify([agent.issuer, agent.subject]);
    const ref = this.#table.find(key, this.#now());
    if (ref === undefined) {
      const message = 'the gateway serves as many agents as it can; try again later';
      throw new CallRefused('too_many_calls', message);
    }
    this.#known.set(agent, ref);
    return ref;
  }
}
