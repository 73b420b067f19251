import { principalId, type AccessEvent, type Principal } from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { revocation } from '../domain/revocation.js';

/** A human's order as it reaches us, before any rule is applied. */
export interface RevocationOrder {
  readonly requestId: string;
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly reason: string;
  /** Id of the incoming request. */
  readonly causationId: string;
}

export interface RevocationsOptions {
  readonly store: EventStore<AccessEvent>;
  readonly isAdmin: (human: Principal) => boolean;
  readonly clock: Clock;
}

/** Ends single grants, by the word of one human who may. */
export class Revocations {
  constructor(private readonly options: RevocationsOptions) {}

  /**
   * Refuses what {@link revoke} would refuse now, and records nothing.
   *
   * @throws RevocationRefused, EventStoreError
   */
  async check({ requestId, by }: Pick<RevocationOrder, 'requestId' | 'by'>): Promise<void> {
    const { store, isAdmin, clock } = this.options;
    const { events } = await store.load(requestId);
    const state = events.reduce(
      (folded, { event, at }) => revocation.evolve(folded, event, at),
      revocation.initial,
    );
    const order = { by, via: 'http', reason: '', isAdmin: isAdmin(by) } as const;
    revocation.decide({ type: 'OrderRevocation', ...order, at: clock().toISOString() }, state);
  }

  /**
   * `unchanged`: somebody had ordered it before.
   *
   * @throws RevocationRefused, EventStoreError
   */
  async revoke(order: RevocationOrder): Promise<'recorded' | 'unchanged'> {
    const { requestId, by, via, reason, causationId } = order;
    const { store, isAdmin, clock } = this.options;
    const now = clock();
    const at = now.toISOString();
    const { appended } = await handleCommand(store, revocation, {
      aggregateId: requestId,
      command: { type: 'OrderRevocation', by, via, reason, isAdmin: isAdmin(by), at },
      metadata: {
        id: uuidV7(now),
        causationId,
        actor: { kind: by.kind, id: principalId(by) },
        at,
      },
    });
    return appended === undefined ? 'unchanged' : 'recorded';
  }
}
