import { createHash } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import type { AccessRequestView } from '@drawbridge/contracts';
import type { GuardedBucket } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import { asOf, isFinal } from './domain/access-request-view.js';
import { countOf, holdsPlace, type Reservation, type Standing } from './domain/reservation.js';
import { scopeDigest } from './idempotent-request.js';
import { IdenticalRequestOpen, IngressRefused } from './ingress-refused.js';
import { readReservations } from './stored-reservations.js';
import type { AccessViews } from './views/access-views.js';

/** A process competes with other replicas only, so a handful of attempts is plenty. */
const MAX_ATTEMPTS = 40;
const MAX_PAUSE_MS = 20;

export interface OpenRequestsOptions {
  /** One list of reservations for each requester. */
  readonly bucket: GuardedBucket;
  readonly views: AccessViews;
  /** Reads a request that the views do not hold, or not yet. */
  readonly read: (id: string) => Promise<AccessRequestView | undefined>;
  readonly clock: Clock;
  readonly maxOpenRequests: number;
}

/** Who asks for what under which id. */
export interface Asking {
  readonly id: string;
  /** `<issuer>#<subject>` */
  readonly requester: string;
  readonly request: AccessRequestView['request'];
}

/**
 * One open request per requester and identical scope, and a bounded number of them, over all replicas: each takes
 * its place on the requester's list by compare-and-set before it is recorded.
 */
export class OpenRequests {
  /** The newest attempt of each requester; the next one waits for it, so a process never competes with itself. */
  readonly #queues = new Map<string, Promise<unknown>>();

  constructor(private readonly options: OpenRequestsOptions) {}

  /**
   * Takes a place; again and again for the same request is one place.
   *
   * @throws `identical_request_open`, `too_many_open_requests`, `access_requests_unavailable`
   */
  async reserve(asking: Asking): Promise<void> {
    const before = this.#queues.get(asking.requester) ?? Promise.resolve();
    const mine = before.catch(() => undefined).then(() => this.#reserve(asking));
    this.#queues.set(asking.requester, mine);
    try {
      await mine;
    } finally {
      if (this.#queues.get(asking.requester) === mine) this.#queues.delete(asking.requester);
    }
  }

  /**
   * The requester's requests that may be open, those included that the views of this replica have not seen yet.
   *
   * @throws `access_requests_unavailable`
   */
  async idsOf(requester: string): Promise<readonly string[]> {
    const { value } = await this.#guarded((bucket) => bucket.read(keyOf(requester)));
    const listed = this.#withOpenViews(readReservations(value), requester);
    return [...new Set(listed.map(({ id }) => id))];
  }

  async #reserve(asking: Asking): Promise<void> {
    const key = keyOf(asking.requester);
    for (let attempt = 1; attempt <= MAX_ATTEMPTS; attempt += 1) {
      const { value, revision } = await this.#guarded((bucket) => bucket.read(key));
      const wanted = await this.#withMine(readReservations(value), asking);
      if (await this.#guarded((bucket) => bucket.write(key, wanted, revision))) return;
      await delay(Math.random() * MAX_PAUSE_MS);
    }
    throw unavailable();
  }

  async #guarded<Result>(work: (bucket: GuardedBucket) => Promise<Result>): Promise<Result> {
    try {
      return await work(this.options.bucket);
    } catch (cause) {
      throw unavailable(cause);
    }
  }

  /** The list with a place for what is asked, without those that the views know to be over. */
  async #withMine(
    stored: readonly Reservation[],
    { id, requester, request }: Asking,
  ): Promise<readonly Reservation[]> {
    const mine = { id, scope: scopeDigest(request), at: this.options.clock().getTime() };
    const isMine = (one: Reservation) => one.id === id && one.scope === mine.scope;
    const listed = this.#withOpenViews(stored, requester).filter((one) => !isMine(one));
    const others = await this.#free(listed, (one) => one.id !== id && one.scope === mine.scope);
    const same = others.find((one) => one.id !== id && one.scope === mine.scope);
    if (same !== undefined) throw new IdenticalRequestOpen(same.id);
    if (countOf([...others, mine]) <= this.options.maxOpenRequests) return [...others, mine];
    const open = await this.#free(others, () => true);
    if (countOf([...open, mine]) <= this.options.maxOpenRequests) return [...open, mine];
    const message = `you have ${this.options.maxOpenRequests} open access requests: withdraw one, or wait until one ends`;
    throw new IngressRefused('too_many_open_requests', message);
  }

  /** The views make up for a list that is gone, or was begun when requests were open already. */
  #withOpenViews(stored: readonly Reservation[], requester: string): readonly Reservation[] {
    const known = new Set(stored.map(({ id }) => id));
    const unlisted = this.options.views
      .openOf(requester)
      .filter(({ id }) => !known.has(id))
      .map(({ id, request }) => ({ id, scope: scopeDigest(request), at: 0 }));
    return [...stored, ...unlisted].filter(({ id }) => !this.#isKnownToHaveEnded(id));
  }

  #isKnownToHaveEnded(id: string): boolean {
    const view = this.options.views.get(id);
    return view !== undefined && isFinal(asOf(view, this.options.clock()));
  }

  /** Those that `isAskedAbout` does not choose, and of the chosen ones those that still take a place. */
  async #free(
    reservations: readonly Reservation[],
    isAskedAbout: (reservation: Reservation) => boolean,
  ): Promise<readonly Reservation[]> {
    const kept = await Promise.all(
      reservations.map(async (one) => {
        if (!isAskedAbout(one)) return [one];
        const nowMs = this.options.clock().getTime();
        return holdsPlace(one, await this.#standingOf(one.id), nowMs) ? [one] : [];
      }),
    );
    return kept.flat();
  }

  async #standingOf(id: string): Promise<Standing> {
    if (this.#isKnownToHaveEnded(id)) return 'ended';
    // A view may be a moment behind, and this is about to refuse somebody.
    const view = await this.options.read(id);
    if (view === undefined) return 'absent';
    return isFinal(asOf(view, this.options.clock())) ? 'ended' : 'open';
  }
}

const keyOf = (requester: string): string => createHash('sha256').update(requester).digest('hex');

const unavailable = (cause?: unknown): IngressRefused =>
  new IngressRefused(
    'access_requests_unavailable',
    'your open access requests cannot be counted right now: try again',
    { cause },
  );
