import type { HoldEvent } from '@drawbridge/contracts';
import { isGenuineHold } from '@drawbridge/holds';
import type { RecordedEvent } from '@drawbridge/kernel';
import { continueHoldStory, type HoldStory } from '../domain/hold-story.js';

/**
 * The holds that wait for humans, or for their call to come again, in memory. It forgets a hold as soon as it
 * has ended, so it is as large as the work that is open.
 */
export class WaitingHolds {
  readonly #stories = new Map<string, HoldStory>();

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<HoldEvent>): void {
    const { aggregateId } = recorded;
    const story = continueHoldStory(this.#stories.get(aggregateId), recorded);
    const isLive = story?.status === 'open' || story?.status === 'approved';
    if (story !== undefined && isLive && isGenuineHold(aggregateId, story.held)) {
      this.#stories.set(aggregateId, story);
    } else this.#stories.delete(aggregateId);
  }

  /** Forgets a hold whose history can no longer be read. */
  forget(holdId: string): void {
    this.#stories.delete(holdId);
  }

  /** Those that humans are asked about, the most urgent first. */
  open(): readonly HoldStory[] {
    return [...this.#stories.values()]
      .filter(({ status }) => status === 'open')
      .toSorted((one, other) => Date.parse(one.held.decideBy) - Date.parse(other.held.decideBy));
  }

  /** When time ends each of them: an open one at its deadline, an approved one when it is valid no more. */
  deadlines(): readonly { readonly id: string; readonly decideBy: string }[] {
    return [...this.#stories.values()].map(({ id, held, validUntil }) => ({
      id,
      decideBy: validUntil ?? held.decideBy,
    }));
  }
}
