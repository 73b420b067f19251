import {
  principalId,
  type HeldCall,
  type HoldCancelReason,
  type HoldEvent,
  type HoldStatus,
} from '@drawbridge/contracts';
import {
  handleCommand,
  type Actor,
  type Clock,
  type EventMetadata,
  type EventStore,
} from '@drawbridge/kernel';
import { callDigest, holdIdOf } from './call-digest.js';
import { hold, standingOf, type OpenGrantFacts } from './domain/hold.js';
import type { HoldRequest } from './domain/hold-command.js';
import type { HoldLimits } from './domain/hold-limits.js';
import { HoldRefused } from './domain/hold-refused.js';
import type { Hold } from './domain/hold-state.js';
import type { HeldCalls } from './held-calls.js';
import { waitForChange, type Waiting } from './wait-for-change.js';

/** Above which the same call under the same grant is refused; reached by nobody who means well. */
const MAX_GENERATIONS = 100;
const service: Actor = { kind: 'service', id: 'proxy' };

export interface HoldDeskOptions {
  /** Of the proxy. */
  readonly store: EventStore<HoldEvent>;
  /** Fed with every hold event of the last `HOLDS_MATTER_MS`. */
  readonly held: HeldCalls;
  readonly clock: Clock;
  /** A new UUIDv7. */
  readonly newId: (now: Date) => string;
  readonly limits: HoldLimits;
  /** `principalId` of humans who have no say any more. @default nobody */
  readonly disabled?: () => readonly string[];
}

/** A call that is held, or approved and not used yet. */
export interface HoldTicket {
  readonly holdId: string;
  readonly status: 'open' | 'approved';
  /** Until when humans may decide. */
  readonly decideBy: string;
  /** Until when an approved call may be released. */
  readonly validUntil?: string;
}

/** What is to be held; the rest the desk knows. */
export type CallToHold = Omit<HoldRequest, 'digest' | 'generation'>;

export interface Release {
  readonly holdId: string;
  /** Made anew after the decision: with the object, the policy and the rule as they are now. */
  readonly call: HeldCall;
  /** Of the command that is to be forwarded, and never of two. */
  readonly commandId: string;
  /** The grant of the call; absent when it is not open any more. */
  readonly grant?: OpenGrantFacts;
}

interface Found {
  readonly holdId: string;
  readonly generation: number;
  readonly state: Hold;
}

/** Where a proxy parks calls until humans have decided. Every answer rests on the hold's own history. */
export class HoldDesk {
  constructor(private readonly options: HoldDeskOptions) {}

  /**
   * The hold of this very call, if it waits or was approved and not used.
   *
   * @throws HoldRefused `hold_denied`, as long as a denial stands, and `hold_limit_reached`; EventStoreError
   */
  async find(call: HeldCall): Promise<HoldTicket | undefined> {
    return ticketOf(await this.#find(call));
  }

  /**
   * Holds a call, or joins the hold of the same call. It may be approved already.
   *
   * @throws HoldRefused `hold_denied`, `hold_undecidable`, `hold_too_large`, `hold_limit_reached`,
   *   `hold_grant_ended`; EventStoreError
   */
  async hold(call: CallToHold): Promise<HoldTicket> {
    for (let attempt = 0; attempt < MAX_GENERATIONS; attempt += 1) {
      const { holdId, generation, state } = await this.#find(call.call);
      const known = ticketOf({ holdId, state });
      if (known !== undefined) return known;
      const begun = await this.#begin(holdId, {
        ...call,
        digest: callDigest(call.call),
        generation,
      });
      const ticket =
        standingOf(begun, this.#now()) === 'over' ? undefined : ticketOf({ holdId, state: begun });
      if (ticket !== undefined) return ticket;
    }
    throw tooOften();
  }

  /**
   * Waits for humans: until something was decided, `waitMs` are over or `signal` says that the client left.
   *
   * @returns where the hold stands; `open` means that nobody has decided yet, and the hold stays
   */
  async decision(holdId: string, waiting: Waiting): Promise<HoldStatus> {
    const { held } = this.options;
    await waitForChange(waiting, {
      isOver: () => !isOpen(held.statusOf(holdId)),
      onChange: (listener) => held.onChange(holdId, listener),
    });
    const status = held.statusOf(holdId) ?? 'open';
    if (status !== 'open' || waiting.signal.aborted) return status;
    // The view may be behind; the history is not.
    const state = await this.#load(holdId);
    if (state.status === 'ended') return state.outcome;
    return state.status === 'approved' ? 'approved' : 'open';
  }

  /**
   * Takes the approval for one command. When it resolves, that command may be forwarded, once; nothing else may.
   *
   * @throws HoldRefused with why not; EventStoreError, and then whether the approval is used is not known: the
   *   command is refused, and may be released again under the same id
   */
  async release({ holdId, call, commandId, grant }: Release): Promise<void> {
    const command = {
      type: 'ReleaseCommand',
      commandId,
      digest: callDigest(call),
      disabled: this.options.disabled?.() ?? [],
      ...(grant === undefined ? {} : { grant }),
      at: this.#now(),
    } as const;
    const metadata = this.#metadata(commandId, service);
    await handleCommand(this.options.store, hold, { aggregateId: holdId, command, metadata });
  }

  /** Ends a hold, when it has not ended. Harmless when repeated. `cause` is a command's or an event's id. */
  async cancel(holdId: string, reason: HoldCancelReason, cause: string): Promise<void> {
    const command = { type: 'CancelHold', reason } as const;
    const metadata = this.#metadata(cause, service);
    await handleCommand(this.options.store, hold, { aggregateId: holdId, command, metadata });
  }

  async #begin(holdId: string, request: HoldRequest): Promise<Hold> {
    const { store, held, clock, limits } = this.options;
    const { agent, commandId } = request;
    const usage = held.usageOf(agent, clock());
    const command = { type: 'HoldCommand', request, usage, limits, at: this.#now() } as const;
    const metadata = this.#metadata(commandId, { kind: agent.kind, id: principalId(agent) });
    const { state } = await handleCommand(store, hold, { aggregateId: holdId, command, metadata });
    return state;
  }

  /** The newest hold of a call, or where the next one will be. */
  async #find(call: HeldCall): Promise<Found> {
    const { grantId } = call;
    const digest = callDigest(call);
    const first = this.options.held.newestGeneration(grantId, digest);
    for (let generation = first; generation < MAX_GENERATIONS; generation += 1) {
      const holdId = holdIdOf({ grantId, digest, generation });
      const state = await this.#load(holdId);
      const standing = standingOf(state, this.#now());
      if (standing === 'denied') throw stillDenied(state);
      if (standing !== 'over') return { holdId, generation, state };
    }
    throw tooOften();
  }

  async #load(holdId: string): Promise<Hold> {
    const { events } = await this.options.store.load(holdId);
    return events.reduce((state, { event }) => hold.evolve(state, event), hold.initial);
  }

  #metadata(causationId: string, actor: Actor): EventMetadata {
    const now = this.options.clock();
    return { id: this.options.newId(now), causationId, actor, at: now.toISOString() };
  }

  #now(): string {
    return this.options.clock().toISOString();
  }
}

function ticketOf({ holdId, state }: Pick<Found, 'holdId' | 'state'>): HoldTicket | undefined {
  if (state.status === 'open') {
    return { holdId, status: 'open', decideBy: state.held.decideBy };
  }
  if (state.status !== 'approved') return undefined;
  const { held, approval } = state;
  return { holdId, status: 'approved', decideBy: held.decideBy, validUntil: approval.validUntil };
}

const isOpen = (status: HoldStatus | undefined): boolean =>
  status === undefined || status === 'open';

function stillDenied(state: Hold): HoldRefused {
  const denial = state.status === 'ended' ? state.denial : undefined;
  const reason = denial?.reason === undefined ? '' : `: ${denial.reason}`;
  const until = denial === undefined ? '' : `; it can be asked again after ${denial.standsUntil}`;
  return new HoldRefused('hold_denied', `an approver denied this call${reason}${until}`);
}

const tooOften = (): HoldRefused =>
  new HoldRefused('hold_limit_reached', 'this very call was held too often under this grant');
