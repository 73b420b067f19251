import {
  principalId,
  type AccessEvent,
  type AccessEventType,
  type Principal,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

/** Somebody whom an open request or grant depends on. */
export interface Party {
  readonly issuer: string;
  readonly subject: string;
  /** When a token of theirs was last believed for it, in milliseconds since 1970. */
  readonly sinceMs: number;
}

const ends: ReadonlySet<AccessEventType> = new Set<AccessEventType>([
  'AccessRequestDenied',
  'AccessRequestRejected',
  'AccessRequestLapsed',
  'AccessRequestWithdrawn',
  'GrantRevoked',
  'GrantExpired',
  'GrantEnded',
]);

/** Who asked for what is open, and for whom, and who approved it: the fold of all events. */
export class OpenParties {
  readonly #byRequest = new Map<string, Map<string, Party>>();

  apply({ aggregateId, event, at }: RecordedEvent<AccessEvent>): void {
    if (event.type === 'AccessRequested') {
      this.#byRequest.set(aggregateId, new Map());
      const { requester, behalf } = event.data;
      this.#add(aggregateId, requester, at);
      if (behalf !== undefined) this.#add(aggregateId, behalf.human, at);
    } else if (event.type === 'ApprovalGiven') this.#add(aggregateId, event.data.approver, at);
    else if (ends.has(event.type)) this.#byRequest.delete(aggregateId);
  }

  /** Each once, who came last in front. */
  of(issuer: string): readonly Party[] {
    const parties = new Map<string, Party>();
    for (const party of [...this.#byRequest.values()].flatMap((one) => [...one.values()])) {
      const known = parties.get(party.subject);
      if (party.issuer === issuer && party.sinceMs > (known?.sinceMs ?? -1)) {
        parties.set(party.subject, party);
      }
    }
    return [...parties.values()].toSorted((one, other) => other.sinceMs - one.sinceMs);
  }

  /** Nothing is added to what is not open. */
  #add(requestId: string, { issuer, subject }: Principal, at: string): void {
    const party = { issuer, subject, sinceMs: Date.parse(at) };
    this.#byRequest.get(requestId)?.set(principalId(party), party);
  }
}
