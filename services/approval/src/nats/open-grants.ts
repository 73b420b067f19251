import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { continueStory, type RequestStory, type StoryGrant } from '../domain/request-story.js';

/** A request whose grant stands. */
export type GrantedStory = RequestStory & { readonly grant: StoryGrant };

/**
 * The grants that are open, in memory: the fold of the whole stream. It forgets a request when nothing can come of
 * it any more, so it is as large as what is open.
 */
export class OpenGrants {
  readonly #stories = new Map<string, RequestStory>();

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<AccessEvent>): void {
    const story = continueStory(this.#stories.get(recorded.aggregateId), recorded);
    if (story !== undefined && goesOn(story)) this.#stories.set(recorded.aggregateId, story);
    else this.#stories.delete(recorded.aggregateId);
  }

  /** Forgets a request whose history can no longer be read. */
  forget(requestId: string): void {
    this.#stories.delete(requestId);
  }

  /** The requests that something can come of still, and those whose grant stands. */
  get goingOn(): readonly RequestStory[] {
    return [...this.#stories.values()];
  }

  /** Those that are open at `now`, the one that ends first in front; the proxy ends them by its own clock too. */
  list(now: Date): readonly GrantedStory[] {
    return [...this.#stories.values()]
      .filter((story) => isGranted(story))
      .filter(({ grant }) => Date.parse(grant.endsAt) > now.getTime())
      .toSorted((one, other) => Date.parse(one.grant.endsAt) - Date.parse(other.grant.endsAt));
  }
}

const goingOn: ReadonlySet<RequestStory['status']> = new Set([
  'requested',
  'pending',
  'approved',
  'granted',
]);
const goesOn = ({ status }: RequestStory): boolean => goingOn.has(status);

const isGranted = (story: RequestStory): story is GrantedStory =>
  story.status === 'granted' && story.grant !== undefined;
