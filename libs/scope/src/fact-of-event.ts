import type { AccessEvent, AccessEventData } from '@drawbridge/contracts';
import type { ApprovalFact, ApprovedTerms } from './step-approval.js';

/**
 * What an event tells about an approval; `undefined` when it tells nothing.
 *
 * @param at - when it was recorded
 */
export function factOfEvent({ type, data }: AccessEvent, at: string): ApprovalFact | undefined {
  if (type === 'ApprovalGiven') return given(data, at);
  if (type === 'ApprovalDenied') return { type: 'denied', approver: data.approver, at };
  if (type === 'ApprovalVoided') return { type: 'voided', approver: data.approver, at };
  if (type === 'TicketDecided') return ticketFact(data, at);
  if (type === 'ApprovalReminded') {
    return { type: 'reminded', step: data.step, count: data.count, at };
  }
  if (type === 'ApprovalEscalated') {
    return { type: 'escalated', step: data.step, level: data.level, at };
  }
  return undefined;
}

const ticketFact = (
  { step, webhook, ticket, decision, seen }: AccessEventData<'TicketDecided'>,
  at: string,
): ApprovalFact => ({ type: 'ticket', step, webhook, ticket, decision, seen, at });

/** Which approval of a request an event is about: 1 is its own, the others are those of extensions. */
export function roundOf({ data }: AccessEvent): number {
  return 'round' in data ? (data.round ?? 1) : 1;
}

/** Before there was narrowing nobody noted what was shown: it was the terms as they were validated. */
function given(
  { approver, via, seen = 0, step, narrow, proof }: AccessEventData<'ApprovalGiven'>,
  at: string,
): ApprovalFact {
  return {
    type: 'given',
    approver,
    at,
    via,
    seen,
    ...(step === undefined ? {} : { step }),
    ...(narrow === undefined ? {} : { narrow: narrowingOf(narrow) }),
    ...(proof === undefined ? {} : { proof }),
  };
}

/** Only the members that are there. */
export function narrowingOf({
  rules,
  durationSeconds,
}: {
  readonly rules?: ApprovedTerms['rules'] | undefined;
  readonly durationSeconds?: number | undefined;
}): Partial<ApprovedTerms> {
  return {
    ...(rules === undefined ? {} : { rules }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
}
