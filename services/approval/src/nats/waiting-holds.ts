import type { HoldEvent } from '@drawbridge/contracts';
import { isGenuineHold } from '@drawbridge/holds';
import type { RecordedEvent } from '@drawbridge/kernel';
import { continueHoldStory, type HoldStory } from '../domain/hold-story.js';

/** When time ends a hold, in milliseconds since the epoch; `undefined` once it has ended. */
export type HoldListener = (holdId: string, endsAtMs: number | undefined) => void;

/**
 * The holds that wait for humans, or for their call to come again, in memory. It forgets a hold as soon as it
 * has ended, so it is as large as the work that is open.
 */
export class WaitingHolds {
  readonly #stories = new Map<string, HoldStory>();

  constructor(private readonly listener: HoldListener = () => undefined) {}

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<HoldEvent>): void {
    const { aggregateId } = recorded;
    const story = continueHoldStory(this.#stories.get(aggregateId), recorded);
    const isLive = story?.status === 'open' || story?.status === 'approved';
    if (story !== undefined && isLive && isGenuineHold(aggregateId, story.held)) {
      this.#stories.set(aggregateId, story);
      this.listener(aggregateId, endOf(story));
    } else this.forget(aggregateId);
  }

  /** Forgets a hold that has ended, or whose history can no longer be read. */
  forget(holdId: string): void {
    if (this.#stories.delete(holdId)) this.listener(holdId, undefined);
  }

  /** Those that humans are asked about, the most urgent first. */
  open(): readonly HoldStory[] {
    return [...this.#stories.values()]
      .filter(({ status }) => status === 'open')
      .toSorted((one, other) => Date.parse(one.held.decideBy) - Date.parse(other.held.decideBy));
  }
}

/** An open one ends at its deadline, an approved one when it is valid no more. */
const endOf = ({ held, validUntil }: HoldStory): number => Date.parse(validUntil ?? held.decideBy);
