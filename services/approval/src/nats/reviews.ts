import {
  principalId,
  type AccessEvent,
  type Principal,
  type ReviewVerdict,
} from '@drawbridge/contracts';
import { handleCommand, type Actor, type Clock, type EventStore } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import { tellStory, type RequestStory } from '../domain/request-story.js';
import { review, type ReviewCommand } from '../domain/review.js';

const service: Actor = { kind: 'service', id: 'approval' };

/** A human's verdict as it reaches us, before any rule is applied. */
export interface Reviewing {
  readonly requestId: string;
  readonly by: Principal;
  readonly via: 'slack' | 'http';
  readonly verdict: ReviewVerdict;
  readonly note: string;
  /** Id of the incoming request. */
  readonly causationId: string;
}

/** The reviews of grants that nobody approved before, each decided on the newest state of its stream. */
export class Reviews {
  constructor(
    private readonly store: EventStore<AccessEvent>,
    private readonly clock: Clock,
  ) {}

  /** What the end of a grant, or a day that passed, makes necessary. Harmless when repeated. */
  async nudge(type: 'RequestReview' | 'RemindReviewers', requestId: string): Promise<void> {
    const now = this.clock();
    await this.#handle(
      { type, at: now.toISOString() },
      { requestId, causationId: requestId, actor: service, now },
    );
  }

  /**
   * `unchanged`: this human had said the same before.
   *
   * @throws ReviewRefused, EventStoreError
   */
  async complete(reviewing: Reviewing): Promise<'recorded' | 'unchanged'> {
    const { requestId, by, via, verdict, note, causationId } = reviewing;
    const now = this.clock();
    const command = {
      type: 'CompleteReview',
      by,
      via,
      verdict,
      note,
      at: now.toISOString(),
    } as const;
    const actor: Actor = { kind: by.kind, id: principalId(by) };
    return this.#handle(command, { requestId, causationId, actor, now });
  }

  /**
   * Refuses what {@link complete} would refuse now, and records nothing.
   *
   * @throws ReviewRefused, EventStoreError
   */
  async check({ requestId, by }: Pick<Reviewing, 'requestId' | 'by'>): Promise<void> {
    const { events } = await this.store.load(requestId);
    const state = events.reduce(
      (folded, { event, at }) => review.evolve(folded, event, at),
      review.initial,
    );
    const said = { by, via: 'http', verdict: 'justified', note: '' } as const;
    review.decide({ type: 'CompleteReview', ...said, at: this.clock().toISOString() }, state);
  }

  async story(requestId: string): Promise<RequestStory | undefined> {
    const { events } = await this.store.load(requestId);
    return tellStory(events);
  }

  async #handle(
    command: ReviewCommand,
    { requestId, causationId, actor, now }: Cause,
  ): Promise<'recorded' | 'unchanged'> {
    const metadata = { id: uuidV7(now), causationId, actor, at: now.toISOString() };
    const envelope = { aggregateId: requestId, command, metadata };
    const { appended } = await handleCommand(this.store, review, envelope);
    return appended === undefined ? 'unchanged' : 'recorded';
  }
}

interface Cause {
  readonly requestId: string;
  readonly causationId: string;
  readonly actor: Actor;
  readonly now: Date;
}
