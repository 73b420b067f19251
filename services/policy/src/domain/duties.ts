import type { AccessEvent, AccessEventData, AccessEventType } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { JUDGE_WITHIN_MS, unaskedEndMs } from './unanswered.js';

/** How long the answer to an event may take before it is looked at again. */
const ANSWER_WITHIN_MS = 60_000;

/** What policy has to do about a request if nothing else happens before. */
export interface Duty {
  readonly requestId: string;
  /** Id of the event that started the clock. */
  readonly causationId: string;
  readonly command: 'judge' | 'issue' | 'endUnasked' | 'expire';
  readonly atMs: number;
  /** When a grant opens that was issued for later, until it was looked at again for that. */
  readonly startMs?: number;
}

/**
 * What becomes due about each request that has not ended: the fold of all events. So every request ends, also one
 * whose event was parked or whose approval service never came.
 */
export class Duties {
  readonly #duties = new Map<string, Duty>();
  #grants = 0;

  /** Grants whose end is not recorded. */
  get openGrants(): readonly Duty[] {
    return [...this.#duties.values()].filter(isOfGrant);
  }

  get openGrantCount(): number {
    return this.#grants;
  }

  /** @returns the duty after the event; `undefined` when there is none any more */
  apply(recorded: RecordedEvent<AccessEvent>): Duty | undefined {
    const { aggregateId } = recorded;
    const known = this.#duties.get(aggregateId);
    const duty = dutyAfter(known, recorded);
    this.#grants += Number(isOfGrant(duty)) - Number(isOfGrant(known));
    if (duty === undefined) this.#duties.delete(aggregateId);
    else this.#duties.set(aggregateId, duty);
    return duty;
  }

  /** A grant was looked at for its start: only its end is left. */
  started({ startMs, ...duty }: Duty): Duty {
    const isKnown = startMs !== undefined && this.#duties.get(duty.requestId)?.startMs === startMs;
    if (isKnown) this.#duties.set(duty.requestId, duty);
    return duty;
  }

  get(requestId: string): Duty | undefined {
    return this.#duties.get(requestId);
  }
}

const isOfGrant = (duty: Duty | undefined): boolean => duty?.command === 'expire';

/** A grant ends by its own end only; everything else that ends a request does so before it. */
function dutyAfter(
  known: Duty | undefined,
  { event, aggregateId, id, at }: RecordedEvent<AccessEvent>,
): Duty | undefined {
  if (known !== undefined && isOfGrant(known)) {
    if (event.type === 'GrantExtended') return laterEnd(known, event.data.endsAt, id);
    return endsGrant(event.type) ? undefined : known;
  }
  const due = dueAfter(event, at);
  if (due === 'as_before') return known;
  return due && { requestId: aggregateId, causationId: id, ...due };
}

function laterEnd(known: Duty, endsAt: string, causationId: string): Duty {
  const atMs = Date.parse(endsAt);
  return atMs > known.atMs ? { ...known, causationId, atMs } : known;
}

const endsGrant = (type: AccessEventType): boolean =>
  type === 'GrantRevoked' || type === 'GrantExpired' || type === 'GrantEnded';

type Due = Pick<Duty, 'command' | 'atMs' | 'startMs'> | 'as_before' | undefined;

/** What each event makes due while there is no grant; every type is listed, so that a new one must be judged. */
const dues: {
  readonly [Type in AccessEventType]: (data: AccessEventData<Type>, at: string) => Due;
} = {
  AccessRequested: (_, at) => ({ command: 'judge', atMs: Date.parse(at) + JUDGE_WITHIN_MS }),
  AccessRequestValidated: ({ approval }, at) =>
    approval.type === 'none'
      ? issueSoon(at)
      : { command: 'endUnasked', atMs: unaskedEndMs(at, approval) },
  // From here on the service that asks sees to it that the request ends.
  ApprovalRequested: () => undefined,
  ApprovalGiven: () => 'as_before',
  ApprovalDenied: () => 'as_before',
  ApprovalVoided: () => 'as_before',
  ApprovalReminded: () => 'as_before',
  ApprovalEscalated: () => 'as_before',
  TicketDecided: () => 'as_before',
  QuestionAsked: () => 'as_before',
  QuestionAnswered: () => 'as_before',
  AccessRequestApproved: (_, at) => issueSoon(at),
  GrantIssued: ({ startsAt, endsAt }, at) => {
    const [startMs, atMs] = [Date.parse(startsAt), Date.parse(endsAt)];
    return { command: 'expire', atMs, ...(startMs > Date.parse(at) && { startMs }) };
  },
  // Wishes for more time end with the grant at the latest.
  ExtensionRequested: () => 'as_before',
  ExtensionOffered: () => 'as_before',
  ExtensionValidated: () => 'as_before',
  ExtensionDenied: () => 'as_before',
  ExtensionApproved: () => 'as_before',
  ExtensionClosed: () => 'as_before',
  GrantExtended: () => 'as_before',
  AccessRequestWithdrawn: () => undefined,
  AccessRequestDenied: () => undefined,
  AccessRequestRejected: () => undefined,
  AccessRequestLapsed: () => undefined,
  RevocationOrdered: () => 'as_before',
  ReviewRequested: () => 'as_before',
  ReviewReminded: () => 'as_before',
  ReviewCompleted: () => 'as_before',
  GrantRevoked: () => undefined,
  GrantExpired: () => undefined,
  GrantEnded: () => undefined,
};

const issueSoon = (at: string): Due => ({
  command: 'issue',
  atMs: Date.parse(at) + ANSWER_WITHIN_MS,
});

const dueAfter = <Type extends AccessEventType>(
  { type, data }: { readonly type: Type; readonly data: AccessEventData<Type> },
  at: string,
): Due => dues[type](data, at);
