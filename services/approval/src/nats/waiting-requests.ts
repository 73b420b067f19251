import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { roundNow } from '../domain/extension-story.js';
import { continueStory, type RequestStory } from '../domain/request-story.js';

/** A request that waits for humans; its deadline is known. */
export type WaitingRequest = RequestStory & { readonly decideBy: string };

/** Is told how a request stands after each of its events; `undefined` once it is of no interest any more. */
export type StoryListener = (requestId: string, story: RequestStory | undefined) => void;

/**
 * The requests and extensions that wait for humans, in memory: the fold of the whole stream. It forgets a request as
 * soon as nothing can be decided about it any more, so it is as large as what is open.
 */
export class WaitingRequests {
  readonly #stories = new Map<string, RequestStory>();
  /** What humans are asked now: the request, or the extension of its grant. */
  readonly #waiting = new Map<string, WaitingRequest>();

  constructor(private readonly listeners: readonly StoryListener[] = []) {}

  /** Takes the next event of the stream. */
  take(recorded: RecordedEvent<AccessEvent>): void {
    const { aggregateId } = recorded;
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
    return [...this.#waiting.values()].toSorted(
      (one, other) => Date.parse(one.decideBy) - Date.parse(other.decideBy),
    );
  }

  #keep(story: RequestStory): void {
    this.#stories.set(story.id, story);
    const now = roundNow(story);
    if (isWaiting(now)) this.#waiting.set(story.id, now);
    else this.#waiting.delete(story.id);
    // Nobody is asked about a grant that only runs.
    const interesting = now.status === 'granted' || isForNobody(now) ? undefined : now;
    for (const listener of this.listeners) listener(story.id, interesting);
  }
}

const isOpen = ({ status }: RequestStory): boolean =>
  status === 'requested' || status === 'pending' || status === 'approved' || status === 'granted';

/** A request that no human is asked about before its grant is extended. */
const isForNobody = ({ status, approval }: RequestStory): boolean =>
  status === 'approved' && approval === undefined;

/** Whether humans are asked about it now. */
export const isWaiting = (story: RequestStory): story is WaitingRequest =>
  story.status === 'pending' && story.decideBy !== undefined;
