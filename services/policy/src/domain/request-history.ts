import { principalId, type AccessEvent, type Principal } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { RequesterHistory } from './circumstances.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Requesters that are remembered; whoever is forgotten looks like somebody new, which is riskier. */
const MAX_REQUESTERS = 10_000;
/** Requests of one requester that are remembered. */
const MAX_REQUESTS = 200;

interface PastRequest {
  readonly id: string;
  readonly connection: string;
  readonly atMs: number;
  readonly deniedAtMs?: number;
}

interface Past {
  /** The newest last. */
  readonly requests: readonly PastRequest[];
  readonly connections: ReadonlySet<string>;
}

/** What each requester asked for before, folded from all requests. */
export class RequestHistory {
  /** The one heard of longest ago first. */
  readonly #byRequester = new Map<string, Past>();
  /** Requests that nobody has decided yet. */
  readonly #open = new Map<string, string>();

  apply({ aggregateId, event, at }: RecordedEvent<AccessEvent>): void {
    const { type, data } = event;
    if (type === 'AccessRequested') {
      const requester = principalId(data.requester);
      this.#open.set(aggregateId, requester);
      const { connection } = data.request;
      this.#add(requester, { id: aggregateId, connection, atMs: Date.parse(at) });
    } else if (isDecision.has(type)) {
      const requester = this.#open.get(aggregateId);
      this.#open.delete(aggregateId);
      if (requester !== undefined && isNo.has(type)) this.#deny(requester, aggregateId, at);
    }
  }

  /** What a requester did before `at`, other than the request that is judged. */
  of(
    requester: Principal,
    { requestId, connection, at }: { requestId: string; connection: string; at: string },
  ): RequesterHistory {
    const past = this.#byRequester.get(principalId(requester));
    const others = (past?.requests ?? []).filter(({ id }) => id !== requestId);
    const nowMs = Date.parse(at);
    const isHere = others.some((other) => other.connection === connection);
    // What is forgotten of a requester is older than anything that is remembered.
    const wasHere =
      (past?.connections.has(connection) ?? false) && past?.requests.length === MAX_REQUESTS;
    return {
      isFirstHere: !isHere && !wasHere,
      requestsInLastHour: others.filter(({ atMs }) => atMs > nowMs - HOUR_MS).length,
      deniedInLastDay: others.filter(({ deniedAtMs = 0 }) => deniedAtMs > nowMs - DAY_MS).length,
    };
  }

  #add(requester: string, request: PastRequest): void {
    const { requests, connections } = this.#byRequester.get(requester) ?? {
      requests: [],
      connections: new Set<string>(),
    };
    this.#byRequester.delete(requester);
    this.#byRequester.set(requester, {
      requests: [...requests, request].slice(-MAX_REQUESTS),
      connections: new Set([...connections, request.connection]),
    });
    const [oldest] = this.#byRequester.keys();
    if (this.#byRequester.size > MAX_REQUESTERS && oldest !== undefined) {
      this.#byRequester.delete(oldest);
    }
  }

  #deny(requester: string, requestId: string, at: string): void {
    const past = this.#byRequester.get(requester);
    if (past === undefined) return;
    const requests = past.requests.map((request) =>
      request.id === requestId ? { ...request, deniedAtMs: Date.parse(at) } : request,
    );
    this.#byRequester.set(requester, { ...past, requests });
  }
}

const isNo: ReadonlySet<string> = new Set(['AccessRequestDenied', 'AccessRequestRejected']);
const isDecision: ReadonlySet<string> = new Set([
  ...isNo,
  'AccessRequestWithdrawn',
  'AccessRequestLapsed',
  'GrantIssued',
]);
