import { REVIEW_REMINDER_MS, type AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { isOpenReview, type ReviewedStory } from '../domain/is-open-review.js';
import { continueStory, type RequestStory } from '../domain/request-story.js';

/** When something is to be done about a review, in milliseconds since the epoch; `undefined`: nothing. */
export type ReviewListener = (requestId: string, dueMs: number | undefined) => void;

/**
 * The requests that nobody approved before, in memory: the fold of the whole stream. It forgets one when its review is
 * completed, or when no grant came of it, so it is as large as what is open.
 */
export class OpenReviews {
  readonly #stories = new Map<string, RequestStory>();

  constructor(private readonly listener: ReviewListener = () => undefined) {}

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<AccessEvent>): void {
    const { aggregateId, event } = recorded;
    const known = this.#stories.get(aggregateId);
    if (known === undefined && !isBreakGlass(event)) return;
    const story = continueStory(known, recorded);
    if (story === undefined || isDone(story)) {
      this.forget(aggregateId);
      return;
    }
    this.#stories.set(aggregateId, story);
    this.listener(aggregateId, dueOf(story));
  }

  /** Forgets a request whose history can no longer be read. */
  forget(requestId: string): void {
    if (this.#stories.delete(requestId)) this.listener(requestId, undefined);
  }

  get(requestId: string): RequestStory | undefined {
    return this.#stories.get(requestId);
  }

  /** How many wait for a reviewer. */
  get size(): number {
    return this.list().length;
  }

  /** Those that wait for a reviewer, the one that has waited longest in front. */
  list(): readonly ReviewedStory[] {
    return [...this.#stories.values()]
      .filter((story) => isOpenReview(story))
      .toSorted((one, other) => Date.parse(one.review.askedAt) - Date.parse(other.review.askedAt));
  }
}

const isBreakGlass = (event: AccessEvent): boolean =>
  event.type === 'AccessRequestValidated' && event.data.terms.breakGlass !== undefined;

const isDone = ({ status, grant, review }: RequestStory): boolean =>
  grant === undefined
    ? status === 'denied' || status === 'withdrawn'
    : review?.completed !== undefined;

/** The end of the grant makes a review due, and each day that it is open makes a reminder due. */
function dueOf({ grant, review, status, ending }: RequestStory): number | undefined {
  if (grant === undefined) return undefined;
  if (review !== undefined) {
    return Date.parse(review.askedAt) + (review.reminders + 1) * REVIEW_REMINDER_MS;
  }
  const endedAt = grant.ended?.at ?? (status === 'withdrawn' ? ending?.at : undefined);
  return endedAt === undefined ? undefined : Date.parse(endedAt);
}
