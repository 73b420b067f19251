import {
  principalId,
  type AccessEvent,
  type AccessEventType,
  type Principal,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import type { RequestStory } from './request-story.js';

const WINDOW_MS = 7 * 24 * 3_600_000;
/** Of one agent; older ones are forgotten. */
const MAX_REQUESTS = 50;
/** Those that have not asked for the longest time are forgotten. */
const MAX_AGENTS = 2_000;

interface PastRequest {
  readonly id: string;
  readonly askedAt: number;
  outcome?: 'granted' | 'denied';
}

/** What an agent asked for in the seven days before a request. */
export interface AgentPast {
  readonly count: number;
  readonly granted: number;
  /** By policy or by humans. */
  readonly denied: number;
  /** There were more than are remembered. */
  readonly isMore: boolean;
}

/** What agents asked for lately and what became of it, in memory: a fold of the stream, bounded. */
export class AgentHistory {
  /** By agent; who asked last comes last. */
  readonly #agents = new Map<string, PastRequest[]>();
  readonly #agentOf = new Map<string, string>();

  constructor(
    private readonly maxAgents = MAX_AGENTS,
    private readonly maxRequests = MAX_REQUESTS,
  ) {}

  /** Takes the next event of the stream. */
  take({ aggregateId, event, at }: RecordedEvent<AccessEvent>): void {
    if (event.type === 'AccessRequested') {
      const agent = principalId(event.data.requester);
      this.#begin(agent, { id: aggregateId, askedAt: Date.parse(at) });
      return;
    }
    const outcome = outcomes[event.type];
    const request = outcome === undefined ? undefined : this.#find(aggregateId);
    if (request !== undefined && outcome !== undefined) request.outcome = outcome;
  }

  /** Whether an agent has ever asked for anything, as far as that is remembered. */
  knows(agent: Pick<Principal, 'issuer' | 'subject'>): boolean {
    return this.#agents.has(principalId(agent));
  }

  /** What the agent asked for before this request; `undefined` when that is not remembered any more. */
  before({ id, requester }: Pick<RequestStory, 'id' | 'requester'>): AgentPast | undefined {
    const requests = this.#agents.get(principalId(requester)) ?? [];
    const index = requests.findIndex((request) => request.id === id);
    const request = requests[index];
    if (request === undefined) return undefined;
    const since = request.askedAt - WINDOW_MS;
    const past = requests.slice(0, index).filter(({ askedAt }) => askedAt >= since);
    const count = (outcome: PastRequest['outcome']) =>
      past.filter((one) => one.outcome === outcome).length;
    return {
      count: past.length,
      granted: count('granted'),
      denied: count('denied'),
      isMore: index === past.length && requests.length === this.maxRequests,
    };
  }

  /** Forgets a request whose history can no longer be read. */
  forget(requestId: string): void {
    const agent = this.#agentOf.get(requestId);
    if (agent === undefined) return;
    const others = (this.#agents.get(agent) ?? []).filter(({ id }) => id !== requestId);
    this.#agents.set(agent, others);
    this.#agentOf.delete(requestId);
  }

  #begin(agent: string, request: PastRequest): void {
    const requests = this.#agents.get(agent) ?? [];
    this.#agents.delete(agent);
    this.#agents.set(agent, requests);
    requests.push(request);
    this.#agentOf.set(request.id, agent);
    if (requests.length > this.maxRequests) this.#forget(requests.splice(0, 1));
    if (this.#agents.size <= this.maxAgents) return;
    for (const [oldest, theirs] of this.#agents) {
      this.#agents.delete(oldest);
      this.#forget(theirs);
      return;
    }
  }

  #forget(requests: readonly PastRequest[]): void {
    for (const { id } of requests) this.#agentOf.delete(id);
  }

  #find(requestId: string): PastRequest | undefined {
    const agent = this.#agentOf.get(requestId);
    if (agent === undefined) return undefined;
    return this.#agents.get(agent)?.find(({ id }) => id === requestId);
  }
}

const outcomes: Partial<Record<AccessEventType, PastRequest['outcome']>> = {
  GrantIssued: 'granted',
  AccessRequestDenied: 'denied',
  AccessRequestRejected: 'denied',
};
