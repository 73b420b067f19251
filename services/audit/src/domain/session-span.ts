import {
  AccessEvent,
  endsGrant,
  type AccessEventData,
  type AuditEvent,
} from '@drawbridge/contracts';

/** Clocks of services differ. */
const SLACK_MS = 60_000;
/** Who does not know that a grant is over goes on for a while, and is refused with a word on this grant. */
const AFTERWARDS_MS = 86_400_000;

/** Which calls belong to a session. */
export interface SessionSpan {
  readonly accessRequestId: string;
  readonly connection: string;
  readonly agent: { readonly issuer: string; readonly subject: string };
  /** Absent when none was issued: there are no calls. */
  readonly grant?: {
    readonly id: string;
    readonly startsAt: string;
    /** Absent while it is open. */
    readonly endedAt?: string;
    /** No call of it was received outside of these two; absent: it is open. */
    readonly since: string;
    readonly until?: string;
  };
}

/**
 * Which calls belong to the session of an access request.
 *
 * @param events - of the request, the oldest first
 * @returns `undefined` when it is not among them what was asked for
 */
export function sessionSpan(events: readonly AuditEvent[]): SessionSpan | undefined {
  const known = events.flatMap(({ at, type, data, accessRequestId }) => {
    const parsed = AccessEvent.safeParse({ type, data });
    return parsed.success ? [{ at, accessRequestId, event: parsed.data }] : [];
  });
  const first = known.find(({ event }) => event.type === 'AccessRequested');
  if (first?.event.type !== 'AccessRequested') return undefined;
  const { requester, request } = first.event.data;
  const { accessRequestId } = first;
  const issued = known.find(({ event }) => event.type === 'GrantIssued');
  const end = known.find(({ event }) => endsGrant(event.type));
  return {
    ...{ accessRequestId, connection: request.connection },
    agent: { issuer: requester.issuer, subject: requester.subject },
    ...(issued?.event.type === 'GrantIssued'
      ? { grant: grantSpan(issued.event.data, issued.at, end?.at) }
      : {}),
  };
}

function grantSpan(
  { grantId, startsAt }: AccessEventData<'GrantIssued'>,
  issuedAt: string,
  endedAt: string | undefined,
): NonNullable<SessionSpan['grant']> {
  const earliest = startsAt < issuedAt ? startsAt : issuedAt;
  return {
    ...{ id: grantId, startsAt, since: moved(earliest, -SLACK_MS) },
    ...(endedAt === undefined ? {} : { endedAt, until: moved(endedAt, AFTERWARDS_MS) }),
  };
}

const moved = (instant: string, ms: number): string =>
  new Date(Date.parse(instant) + ms).toISOString();
