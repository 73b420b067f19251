import { principalId, type AccessEvent, type Principal } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { RequesterHistory } from './circumstances.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Requesters that are remembered; whoever is forgotten looks like somebody new, which is riskier. */
const MAX_REQUESTERS = 10_000;
/** Requests of one requester that are remembered. */
const MAX_REQUESTS = 200;
/** Connections of one requester that are remembered: who asks can name as many as they like. */
const MAX_CONNECTIONS = 200;

interface PastRequest {
  readonly id: string;
  readonly connection: string;
  readonly atMs: number;
  readonly deniedAtMs?: number;
}

interface Past {
  /** The newest last. */
  readonly requests: readonly PastRequest[];
  /** The one asked for last comes last. Changed where it stands: a copy for each request would make a long history slow to read. */
  readonly connections: Set<string>;
  /** The newest no to a request that is not remembered any more: asking much must not make anybody forget it. */
  readonly forgottenNoAtMs: number;
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
    const noes = [...others.map(({ deniedAtMs = 0 }) => deniedAtMs), past?.forgottenNoAtMs ?? 0];
    return {
      isFirstHere: !isHere && !wasHere,
      requestsInLastHour: others.filter(({ atMs }) => atMs > nowMs - HOUR_MS).length,
      deniedInLastDay: noes.filter((atMs) => atMs > nowMs - DAY_MS).length,
    };
  }

  #add(requester: string, request: PastRequest): void {
    const { requests, connections, forgottenNoAtMs } = this.#byRequester.get(requester) ?? {
      requests: [],
      connections: new Set<string>(),
      forgottenNoAtMs: 0,
    };
    const all = [...requests, request];
    const forgotten = all.slice(0, -MAX_REQUESTS).map(({ deniedAtMs = 0 }) => deniedAtMs);
    putLast(connections, request.connection, MAX_CONNECTIONS);
    this.#byRequester.delete(requester);
    this.#byRequester.set(requester, {
      requests: all.slice(-MAX_REQUESTS),
      connections,
      forgottenNoAtMs: Math.max(forgottenNoAtMs, ...forgotten),
    });
    const [oldest] = this.#byRequester.keys();
    if (this.#byRequester.size > MAX_REQUESTERS && oldest !== undefined) {
      this.#byRequester.delete(oldest);
    }
  }

  #deny(requester: string, requestId: string, at: string): void {
    const past = this.#byRequester.get(requester);
    if (past === undefined) return;
    const deniedAtMs = Date.parse(at);
    const isRemembered = past.requests.some(({ id }) => id === requestId);
    const requests = past.requests.map((request) =>
      request.id === requestId ? { ...request, deniedAtMs } : request,
    );
    const forgottenNoAtMs = isRemembered
      ? past.forgottenNoAtMs
      : Math.max(past.forgottenNoAtMs, deniedAtMs);
    this.#byRequester.set(requester, { ...past, requests, forgottenNoAtMs });
  }
}

/** The one that was put last longest ago is forgotten when there are too many. */
function putLast(words: Set<string>, word: string, most: number): void {
  words.delete(word);
  words.add(word);
  const [oldest] = words;
  if (words.size > most && oldest !== undefined) words.delete(oldest);
}

const isNo: ReadonlySet<string> = new Set(['AccessRequestDenied', 'AccessRequestRejected']);
const isDecision: ReadonlySet<string> = new Set([
  ...isNo,
  'AccessRequestWithdrawn',
  'AccessRequestLapsed',
  'GrantIssued',
]);
