import type { LoggerService } from '@nestjs/common';
import { principalId, type HoldEvent, type Principal } from '@drawbridge/contracts';
import { hold, HoldRefused, isGenuineHold, type Hold, type HoldCommand } from '@drawbridge/holds';
import { handleCommand, type Actor, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { tellHoldStory, type HoldStory } from '../domain/hold-story.js';

/** A human's decision on a held call as it reaches us, before any rule is applied. */
export interface DecisionOnHold {
  readonly holdId: string;
  readonly approver: Principal;
  readonly via: 'slack' | 'http';
  /** A comment on an approval, the reason of a denial. */
  readonly remark?: string | undefined;
  /** Id of the incoming request. */
  readonly causationId: string;
}

export interface HeldCommandsOptions {
  readonly store: EventStore<HoldEvent>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** `principalId` of humans who have no say any more. */
  readonly disabled: () => readonly string[];
}

/** The held calls, each decided on the newest state of its stream. */
export class HeldCommands {
  readonly #store: EventStore<HoldEvent>;

  constructor(private readonly options: HeldCommandsOptions) {
    this.#store = genuineHolds(options);
  }

  /** @throws HoldRefused, EventStoreError */
  approve(decision: DecisionOnHold): Promise<'recorded' | 'unchanged'> {
    const { approver, via, remark } = decision;
    const comment = remark === undefined ? {} : { comment: remark };
    const disabled = this.options.disabled();
    const at = this.#now();
    const command = { type: 'ApproveHold', approver, via, ...comment, disabled, at } as const;
    return this.#decide(decision, command);
  }

  /** @throws HoldRefused, EventStoreError */
  deny(decision: DecisionOnHold): Promise<'recorded' | 'unchanged'> {
    return this.#decide(decision, this.#denial(decision));
  }

  /**
   * Refuses what {@link deny} would refuse now, and records nothing.
   *
   * @throws HoldRefused, EventStoreError
   */
  async checkDenial(decision: DecisionOnHold): Promise<void> {
    const { events } = await this.#store.load(decision.holdId);
    const state = events.reduce<Hold>(
      (folded, { event }) => hold.evolve(folded, event),
      hold.initial,
    );
    hold.decide(this.#denial(decision), state);
  }

  /** Ends a hold whose time is over. Harmless when repeated. */
  async endInTime(holdId: string): Promise<void> {
    const actor = { kind: 'service', id: 'approval' } as const;
    await this.#handle(
      { type: 'EndHoldInTime', at: this.#now() },
      { holdId, causationId: holdId, actor },
    );
  }

  /** `undefined` for an unknown hold. */
  async story(holdId: string): Promise<HoldStory | undefined> {
    const { events } = await this.#store.load(holdId);
    return tellHoldStory(events);
  }

  #denial({ approver, via, remark }: DecisionOnHold): HoldCommand {
    const reason = remark === undefined ? {} : { reason: remark };
    return { type: 'DenyHold', approver, via, ...reason, at: this.#now() };
  }

  async #decide(decision: DecisionOnHold, command: HoldCommand): Promise<'recorded' | 'unchanged'> {
    const { holdId, causationId, approver } = decision;
    const actor: Actor = { kind: approver.kind, id: principalId(approver) };
    const isNew = await this.#handle(command, { holdId, causationId, actor });
    return isNew ? 'recorded' : 'unchanged';
  }

  /** @returns whether an event was appended */
  async #handle(command: HoldCommand, { holdId, causationId, actor }: Cause): Promise<boolean> {
    const now = this.options.clock();
    const metadata = { id: uuidV7(now), causationId, actor, at: now.toISOString() };
    const envelope = { aggregateId: holdId, command, metadata };
    const { appended } = await handleCommand(this.#store, hold, envelope);
    return appended !== undefined;
  }

  #now(): string {
    return this.options.clock().toISOString();
  }
}

interface Cause {
  readonly holdId: string;
  readonly causationId: string;
  readonly actor: Actor;
}

/**
 * A hold whose call is not what its id and digest say is not there: nobody may be shown one call and let another
 * pass.
 */
const genuineHolds = ({
  store,
  logger,
}: Pick<HeldCommandsOptions, 'store' | 'logger'>): EventStore<HoldEvent> => ({
  append: (append) => store.append(append),
  load: async (holdId) => {
    const history = await store.load(holdId);
    const [first] = history.events;
    if (first === undefined) return history;
    if (first.event.type === 'CommandHeld' && isGenuineHold(holdId, first.event.data)) {
      return history;
    }
    logger.error({ msg: 'hold is not what its id says', holdId });
    return { events: [], position: { lastSequence: 0 } };
  },
});

/** Also for what is no id at all. */
export const unknownHold = (): HoldRefused =>
  new HoldRefused('hold_unknown', 'there is no held call with this id');
