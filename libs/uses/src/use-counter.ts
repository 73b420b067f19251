import { principalId, type GrantLimits, type UseEvent } from '@drawbridge/contracts';
import {
  EventStoreError,
  type Clock,
  type EventMetadata,
  type EventStore,
} from '@drawbridge/kernel';
import { isUsedUp } from '@drawbridge/scope';
import {
  grantUse,
  UseRefused,
  useOf,
  type GrantUse,
  type GrantUseCommand,
} from './domain/grant-use.js';

/** Each lost race is a call that was counted or is over, and of these there are no more than this. */
const MAX_RACES = 256;
/** Of so many grants the count is remembered; of others it is read again. */
const MAX_LANES = 1_000;

export interface UseCounterOptions {
  readonly store: EventStore<UseEvent>;
  readonly clock: Clock;
  readonly newId: (at: Date) => string;
}

/** A call under a grant. */
export interface CallOfGrant {
  readonly grant: {
    readonly grantId: string;
    readonly accessRequestId: string;
    readonly issuer: string;
    readonly subject: string;
  };
  readonly commandId: string;
}

/** A call that is about to be made under a grant with limits. */
export interface LimitedCall extends CallOfGrant {
  readonly limits: GrantLimits;
  readonly isChange: boolean;
}

/** The calls of one grant, one behind the other: in one process they need not race. */
interface Lane {
  /** What is known is enough for a no: a grant is never used less again. */
  use: GrantUse;
  tail: Promise<unknown>;
  /** Grows with each failure, so that whoever waited then fails too instead of waiting as long again. */
  failures: number;
}

/** Counts the calls of grants with limits, strictly over all workers and replicas. */
export class UseCounter {
  readonly #lanes = new Map<string, Lane>();

  constructor(private readonly options: UseCounterOptions) {}

  /**
   * Counts one call. The same call again is not counted twice.
   *
   * @returns whether it was the last one that the grant allows
   * @throws UseRefused `grant_used_up`; `grant_use_uncounted` when nobody knows in time whether it was counted
   */
  async count(call: LimitedCall): Promise<{ readonly isLast: boolean }> {
    const { limits, isChange } = call;
    const use = await this.#inTurn(call, { type: 'CountCall', limits, isChange, ...idsOf(call) });
    return { isLast: isUsedUp(limits, use) };
  }

  /** Notes that a counted call is over. */
  async finish(call: CallOfGrant): Promise<void> {
    await this.#inTurn(call, { type: 'FinishCall', ...idsOf(call) });
  }

  /** Notes once that the token of a call, issued behind the grant, names none of the grant's groups. */
  async groupLost(call: CallOfGrant, tokenIssuedAt: Date): Promise<void> {
    const lost = { type: 'LoseGroup', tokenIssuedAt: tokenIssuedAt.toISOString() } as const;
    await this.#inTurn(call, { ...lost, ...idsOf(call) });
  }

  async #inTurn(call: CallOfGrant, command: GrantUseCommand): Promise<GrantUse> {
    const lane = this.#laneOf(command.grantId);
    const { failures } = lane;
    const turn = lane.tail.then(() => {
      if (lane.failures !== failures) throw uncounted();
      return this.#handle(lane, call, command);
    });
    lane.tail = turn.catch(() => undefined);
    return turn;
  }

  async #handle(lane: Lane, call: CallOfGrant, command: GrantUseCommand): Promise<GrantUse> {
    if (command.type === 'CountCall') grantUse.decide(command, lane.use);
    try {
      return await this.#decide(lane, call, command);
    } catch (cause) {
      if (cause instanceof UseRefused) throw cause;
      lane.failures += 1;
      throw uncounted(cause);
    }
  }

  async #decide(lane: Lane, call: CallOfGrant, command: GrantUseCommand): Promise<GrantUse> {
    const { store } = this.options;
    const aggregateId = command.grantId;
    for (let race = 0; race < MAX_RACES; race += 1) {
      const { events, position } = await store.load(aggregateId);
      lane.use = useOf(events.map(({ event }) => event));
      const event = grantUse.decide(command, lane.use);
      if (event === undefined) return lane.use;
      try {
        await store.append({ aggregateId, position, event, metadata: this.#metadata(call) });
        lane.use = grantUse.evolve(lane.use, event);
        return lane.use;
      } catch (error) {
        if (!isConflict(error)) throw error;
      }
    }
    throw uncounted();
  }

  #metadata({ commandId, grant: { issuer, subject } }: CallOfGrant): EventMetadata {
    const { clock, newId } = this.options;
    const at = clock();
    const actor = { kind: 'agent' as const, id: principalId({ issuer, subject }) };
    return { id: newId(at), causationId: commandId, actor, at: at.toISOString() };
  }

  #laneOf(grantId: string): Lane {
    const lane = this.#lanes.get(grantId) ?? {
      use: grantUse.initial,
      tail: Promise.resolve(),
      failures: 0,
    };
    this.#lanes.delete(grantId);
    this.#lanes.set(grantId, lane);
    const [oldest] = this.#lanes.keys();
    if (this.#lanes.size > MAX_LANES && oldest !== undefined) this.#lanes.delete(oldest);
    return lane;
  }
}

const idsOf = ({ grant: { grantId, accessRequestId }, commandId }: CallOfGrant) => ({
  grantId,
  accessRequestId,
  commandId,
});

const isConflict = (error: unknown): boolean =>
  error instanceof EventStoreError && error.code === 'append_conflict';

const uncounted = (cause?: unknown): UseRefused =>
  new UseRefused('grant_use_uncounted', 'the use of your grant could not be counted; try again', {
    cause,
  });
