import { principalId, type AccessEvent, type Principal } from '@drawbridge/contracts';
import { handleCommand, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { offerExtension } from '../domain/offer-extension.js';

/** A human's offer as it reaches us, before any rule is applied. */
export interface ExtensionOffer {
  readonly requestId: string;
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly seconds: number;
  readonly reason: string;
  /** Id of the incoming request. */
  readonly causationId: string;
}

export interface ExtensionOffersOptions {
  readonly store: EventStore<AccessEvent>;
  readonly isAdmin: (human: Principal) => boolean;
  readonly clock: Clock;
}

/** Asks for more time for a grant that runs, by the word of a human who may end it. */
export class ExtensionOffers {
  constructor(private readonly options: ExtensionOffersOptions) {}

  /**
   * Refuses what {@link offer} would refuse now, and records nothing.
   *
   * @throws OfferRefused, EventStoreError
   */
  async check({ requestId, by }: Pick<ExtensionOffer, 'requestId' | 'by'>): Promise<void> {
    const { store } = this.options;
    const { events } = await store.load(requestId);
    const state = events.reduce(
      (folded, { event, at }) => offerExtension.evolve(folded, event, at),
      offerExtension.initial,
    );
    const offer = { by, via: 'http', seconds: 0, reason: '' } as const;
    offerExtension.decide(this.#command(offer), state);
  }

  /**
   * `unchanged`: the same was asked for before, and nothing has come of it yet.
   *
   * @throws OfferRefused, EventStoreError
   */
  async offer(offer: ExtensionOffer): Promise<'recorded' | 'unchanged'> {
    const { requestId, by, causationId } = offer;
    const { store, clock } = this.options;
    const now = clock();
    const { appended } = await handleCommand(store, offerExtension, {
      aggregateId: requestId,
      command: this.#command(offer),
      metadata: {
        id: uuidV7(now),
        causationId,
        actor: { kind: by.kind, id: principalId(by) },
        at: now.toISOString(),
      },
    });
    return appended === undefined ? 'unchanged' : 'recorded';
  }

  #command({
    by,
    via,
    seconds,
    reason,
  }: Pick<ExtensionOffer, 'by' | 'via' | 'seconds' | 'reason'>) {
    const { isAdmin, clock } = this.options;
    const at = clock().toISOString();
    const offered = { by, via, seconds, reason, isAdmin: isAdmin(by), at };
    return { type: 'OfferExtension', ...offered } as const;
  }
}
