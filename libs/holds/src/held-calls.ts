import {
  principalId,
  type HoldEvent,
  type HoldStatus,
  type Principal,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { hold } from './domain/hold.js';
import type { HoldUsage } from './domain/hold-command.js';
import type { CommandHeld, Hold } from './domain/hold-state.js';

const HOUR_MS = 3_600_000;

/**
 * How far back `followHoldEvents` must begin for this view. A hold matters no longer than its grant is open, and
 * no grant is open for more than a day; what it was before is not even asked.
 */
export const HOLDS_MATTER_MS = 25 * HOUR_MS;

interface HeldCall {
  readonly holdId: string;
  readonly state: Exclude<Hold, { status: 'absent' }>;
  readonly heldAtMs: number;
  readonly grantEndsAtMs: number;
}

type Listener = () => void;

/**
 * The holds of all open grants, in memory: who waits, and for what. It says quickly what has changed and never
 * decides; every decision is made on the history of the hold itself.
 *
 * It forgets a hold when its grant is over, by the time of the events it gets, and keeps nothing that is only
 * for people to read; so it is as large as what agents asked humans within a day, which limits bound.
 */
export class HeldCalls {
  readonly #calls = new Map<string, HeldCall>();
  readonly #listeners = new Map<string, Set<Listener>>();

  /** Takes the next event of the stream. */
  apply({ aggregateId, event, at }: RecordedEvent<HoldEvent>): void {
    if (event.type === 'CommandHeld') this.#begin(aggregateId, event.data, Date.parse(at));
    else this.#continue(aggregateId, event);
    for (const listener of [...(this.#listeners.get(aggregateId) ?? [])]) listener();
  }

  /** Forgets a hold whose history can no longer be read: whoever waits for it waits in vain, and is refused. */
  forget(holdId: string): void {
    this.#calls.delete(holdId);
  }

  /** Where a hold stands as far as events tell; the clock may say more. */
  statusOf(holdId: string): HoldStatus | undefined {
    const state = this.#calls.get(holdId)?.state;
    return state?.status === 'ended' ? state.outcome : state?.status;
  }

  /** The newest generation known of a call under a grant; 0 when none is. */
  newestGeneration(grantId: string, digest: string): number {
    let newest = 0;
    for (const { state } of this.#calls.values()) {
      const { call, digest: known, generation } = state.held;
      if (call.grantId !== grantId || known !== digest) continue;
      newest = Math.max(newest, generation);
    }
    return newest;
  }

  /** The holds under a grant that have not ended: to be cancelled when the grant does. */
  liveOfGrant(grantId: string): readonly string[] {
    return [...this.#calls.values()]
      .filter(({ state }) => state.status !== 'ended' && state.held.call.grantId === grantId)
      .map(({ holdId }) => holdId);
  }

  /** The holds that have not ended and were made by another policy than this one. */
  liveOfOtherPolicies(policyVersion: string): readonly string[] {
    return [...this.#calls.values()]
      .filter(({ state }) => state.status !== 'ended')
      .filter(({ state }) => state.held.call.policyVersion !== policyVersion)
      .map(({ holdId }) => holdId);
  }

  /** How much an agent asks of humans. */
  usageOf(agent: Pick<Principal, 'issuer' | 'subject'>, now: Date): HoldUsage {
    const id = principalId(agent);
    const own = [...this.#calls.values()].filter(
      ({ state }) => principalId(state.held.agent) === id,
    );
    const isWaiting = ({ state }: HeldCall) =>
      state.status === 'open' && Date.parse(state.held.decideBy) > now.getTime();
    return {
      open: own.filter(isWaiting).length,
      lastHour: own.filter(({ heldAtMs }) => heldAtMs > now.getTime() - HOUR_MS).length,
    };
  }

  /** Calls back after each event of a hold. Returns what ends that. */
  onChange(holdId: string, listener: Listener): () => void {
    const listeners = this.#listeners.get(holdId) ?? new Set();
    this.#listeners.set(holdId, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0) this.#listeners.delete(holdId);
    };
  }

  get size(): number {
    return this.#calls.size;
  }

  #begin(holdId: string, held: CommandHeld, heldAtMs: number): void {
    this.#forgetOver(heldAtMs);
    if (this.#calls.has(holdId)) return;
    const slim = { ...held, effect: { touches: [], warnings: [], soFar: [] } };
    const grantEndsAtMs = Date.parse(held.grantEndsAt);
    this.#calls.set(holdId, {
      holdId,
      state: { status: 'open', held: slim },
      heldAtMs,
      grantEndsAtMs,
    });
  }

  /** An event of a hold whose beginning is older than all that matters says nothing. */
  #continue(holdId: string, event: HoldEvent): void {
    const known = this.#calls.get(holdId);
    if (known === undefined) return;
    const state = hold.evolve(known.state, event);
    if (state.status !== 'absent') this.#calls.set(holdId, { ...known, state });
  }

  #forgetOver(nowMs: number): void {
    for (const { holdId, grantEndsAtMs } of this.#calls.values()) {
      if (grantEndsAtMs <= nowMs) this.#calls.delete(holdId);
    }
  }
}
