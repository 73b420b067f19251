import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { continueStory, type RequestStory } from '../domain/request-story.js';

/** A request that waits for humans; its deadline is known. */
export type WaitingRequest = RequestStory & { readonly decideBy: string };

/** Is told how a request stands after each of its events; `undefined` once it is of no interest any more. */
export type StoryListener = (requestId: string, story: RequestStory | undefined) => void;

/**
 * The requests that wait for humans, in memory: the fold of the whole stream. It forgets a request as soon as
 * its grant stands or nothing can be decided any more, so it is as large as the work that is open.
 */
export class WaitingRequests {
  readonly #stories = new Map<string, RequestStory>();
  readonly #waiting = new Set<string>();

  constructor(private readonly listeners: readonly StoryListener[] = []) {}

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<AccessEvent>): void {
    const { aggregateId, event } = recorded;
    if (event.type === 'AccessRequestValidated' && event.data.approval.type === 'none') return;
    const known = this.#stories.get(aggregateId);
    const story = continueStory(known, recorded);
    if (story !== undefined && isOpen(story)) this.#keep(story);
    else if (known !== undefined) this.forget(aggregateId);
  }

  /** Forgets a request that has ended, or whose history can no longer be read. */
  forget(requestId: string): void {
    this.#stories.delete(requestId);
    this.#waiting.delete(requestId);
    for (const listener of this.listeners) listener(requestId, undefined);
  }

  /** How many are asked of humans. */
  get size(): number {
    return this.#waiting.size;
  }

  /** Those that are asked of humans, the most urgent first. */
  list(): readonly WaitingRequest[] {
    return [...this.#stories.values()]
      .filter((story) => isWaiting(story))
      .toSorted((one, other) => Date.parse(one.decideBy) - Date.parse(other.decideBy));
  }

  #keep(story: RequestStory): void {
    this.#stories.set(story.id, story);
    if (isWaiting(story)) this.#waiting.add(story.id);
    else this.#waiting.delete(story.id);
    for (const listener of this.listeners) listener(story.id, story);
  }
}

const isOpen = ({ status }: RequestStory): boolean =>
  status === 'requested' || status === 'pending' || status === 'approved';

/** Whether humans are asked about it now. */
export const isWaiting = (story: RequestStory): story is WaitingRequest =>
  story.status === 'pending' && story.decideBy !== undefined;
