import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { continueStory, type RequestStory } from '../domain/request-story.js';

/** A request that waits for humans; its deadline is known. */
export type WaitingRequest = RequestStory & { readonly decideBy: string };

/**
 * The requests that wait for humans, in memory: the fold of the whole stream. It forgets a request as soon as
 * its grant stands or nothing can be decided any more, so it is as large as the work that is open.
 */
export class WaitingRequests {
  readonly #stories = new Map<string, RequestStory>();

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<AccessEvent>): void {
    const { aggregateId, event } = recorded;
    if (event.type === 'AccessRequestValidated' && event.data.approval.type === 'none') return;
    const story = continueStory(this.#stories.get(aggregateId), recorded);
    if (story !== undefined && isOpen(story)) this.#stories.set(aggregateId, story);
    else this.#stories.delete(aggregateId);
  }

  /** Forgets a request whose history can no longer be read. */
  forget(requestId: string): void {
    this.#stories.delete(requestId);
  }

  /** Those in which an approval can still lose its say: until the grant stands. */
  withApprovals(): readonly RequestStory[] {
    return [...this.#stories.values()].filter(({ approvals }) => approvals.length > 0);
  }

  /** Those that are asked of humans, the most urgent first. */
  list(): readonly WaitingRequest[] {
    return [...this.#stories.values()]
      .filter((story) => isWaiting(story))
      .toSorted((one, other) => Date.parse(one.decideBy) - Date.parse(other.decideBy));
  }
}

const isOpen = ({ status }: RequestStory): boolean =>
  status === 'requested' || status === 'pending' || status === 'approved';

const isWaiting = (story: RequestStory): story is WaitingRequest =>
  story.status === 'pending' && story.decideBy !== undefined;
