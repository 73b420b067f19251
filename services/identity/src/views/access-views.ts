import { principalId, type AccessEvent, type AccessRequestView } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { foldAccessEvent, isFinal } from '../domain/access-request-view.js';

/** Ended requests kept in memory; older ones are read from the stream when somebody asks. */
const MAX_ENDED = 20_000;

/** All access requests as the API shows them: a fold of the event stream, in memory. */
export class AccessViews {
  readonly #views = new Map<string, AccessRequestView>();
  readonly #byRequester = new Map<string, Set<string>>();
  /** Ids of ended requests, the one that ended first in front. */
  readonly #ended = new Set<string>();
  readonly #listeners = new Map<string, Set<() => void>>();

  constructor(private readonly maxEnded = MAX_ENDED) {}

  /** Takes one event into the view of its request; harmless when repeated or late. */
  fold(recorded: RecordedEvent<AccessEvent>): void {
    const view = foldAccessEvent(this.#views.get(recorded.aggregateId), recorded);
    if (view !== undefined) this.put(view);
  }

  /** Takes a view that was folded elsewhere, unless a newer one is here. */
  put(view: AccessRequestView): void {
    const known = this.#views.get(view.id);
    if (known !== undefined && known.revision >= view.revision) return;
    this.#views.set(view.id, view);
    const requester = principalId(view.requester);
    const ids = this.#byRequester.get(requester) ?? new Set();
    this.#byRequester.set(requester, ids.add(view.id));
    if (isFinal(view)) this.#end(view.id);
    for (const listener of [...(this.#listeners.get(view.id) ?? [])]) listener();
  }

  /** Drops a view, e.g. because an event of its request cannot be read. */
  forget(id: string): void {
    const view = this.#views.get(id);
    if (view === undefined) return;
    this.#views.delete(id);
    this.#ended.delete(id);
    const requester = principalId(view.requester);
    const ids = this.#byRequester.get(requester);
    ids?.delete(id);
    if (ids?.size === 0) this.#byRequester.delete(requester);
  }

  get(id: string): AccessRequestView | undefined {
    return this.#views.get(id);
  }

  /** The requests of one requester (`<issuer>#<subject>`), newest first. */
  requestedBy(requester: string): readonly AccessRequestView[] {
    const ids = [...(this.#byRequester.get(requester) ?? [])];
    return ids.flatMap((id) => this.#views.get(id) ?? []).sort(newestFirst);
  }

  /** The requests of this requester that have not ended. */
  openOf(requester: string): readonly AccessRequestView[] {
    const ids = [...(this.#byRequester.get(requester) ?? [])];
    return ids.filter((id) => !this.#ended.has(id)).flatMap((id) => this.#views.get(id) ?? []);
  }

  /** Calls `listener` after every change of this request, until the returned function is called. */
  onChange(id: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(id) ?? new Set();
    this.#listeners.set(id, listeners.add(listener));
    return () => {
      listeners.delete(listener);
      if (listeners.size === 0 && this.#listeners.get(id) === listeners) this.#listeners.delete(id);
    };
  }

  #end(id: string): void {
    this.#ended.add(id);
    const [oldest] = this.#ended;
    if (this.#ended.size > this.maxEnded && oldest !== undefined) this.forget(oldest);
  }
}

/** The order of a list: by instant, then by id. */
export function newestFirst(
  one: Pick<AccessRequestView, 'requestedAt' | 'id'>,
  other: Pick<AccessRequestView, 'requestedAt' | 'id'>,
): number {
  if (one.requestedAt !== other.requestedAt) return one.requestedAt < other.requestedAt ? 1 : -1;
  if (one.id === other.id) return 0;
  return one.id < other.id ? 1 : -1;
}
