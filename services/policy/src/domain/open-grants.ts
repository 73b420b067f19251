import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

export interface OpenGrant {
  readonly requestId: string;
  /** Id of its `GrantIssued`. */
  readonly issuedBy: string;
  readonly endsAtMs: number;
}

/** The grants whose end is not recorded: the fold of all grant events. */
export class OpenGrants {
  readonly #grants = new Map<string, OpenGrant>();

  get size(): number {
    return this.#grants.size;
  }

  get all(): readonly OpenGrant[] {
    return [...this.#grants.values()];
  }

  apply({ event, aggregateId, id }: RecordedEvent<AccessEvent>): void {
    if (event.type === 'GrantIssued') {
      const endsAtMs = Date.parse(event.data.endsAt);
      this.#grants.set(aggregateId, { requestId: aggregateId, issuedBy: id, endsAtMs });
    } else if (event.type === 'GrantRevoked' || event.type === 'GrantExpired') {
      this.#grants.delete(aggregateId);
    }
  }

  /** Forgets a grant whose end is recorded. */
  forget({ requestId }: OpenGrant): void {
    this.#grants.delete(requestId);
  }

  /** The grants that are over. */
  dueAt(now: Date): readonly OpenGrant[] {
    return this.all.filter(({ endsAtMs }) => endsAtMs <= now.getTime());
  }

  /** When the next grant ends, in milliseconds since the epoch; `Infinity` when none is open. */
  get nextEndMs(): number {
    return this.all.reduce((next, { endsAtMs }) => Math.min(next, endsAtMs), Infinity);
  }
}
