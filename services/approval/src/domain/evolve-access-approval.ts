import type { AccessEvent, AccessEventData, AccessEventType } from '@drawbridge/contracts';
import { beginApproval, continueStanding, factOfEvent, roundOf } from '@drawbridge/scope';
import type { AccessApproval, ClosedApproval, ClosedOutcome } from './access-approval-state.js';
import { hear } from './evolve-pending-approval.js';
import { evolveRunningGrant } from './evolve-running-grant.js';

/** How an event ends an approval; every event type is listed, so that a new one must be judged. */
const outcomeOf: Readonly<Record<AccessEventType, ClosedOutcome | undefined>> = {
  AccessRequested: undefined,
  AccessRequestValidated: undefined,
  ApprovalRequested: undefined,
  ApprovalGiven: undefined,
  ApprovalDenied: undefined,
  ApprovalVoided: undefined,
  ApprovalReminded: undefined,
  ApprovalEscalated: undefined,
  TicketDecided: undefined,
  QuestionAsked: undefined,
  QuestionAnswered: undefined,
  AccessRequestWithdrawn: 'withdrawn',
  AccessRequestDenied: 'denied',
  AccessRequestApproved: 'approved',
  AccessRequestRejected: 'rejected',
  AccessRequestLapsed: 'lapsed',
  // Of a grant that runs, which is closed here.
  ExtensionRequested: undefined,
  ExtensionOffered: undefined,
  ExtensionValidated: undefined,
  ExtensionDenied: undefined,
  ExtensionApproved: undefined,
  ExtensionClosed: undefined,
  GrantExtended: undefined,
  // Only a request without an approval gets here; nothing is left for humans to decide.
  RevocationOrdered: 'unneeded',
  GrantIssued: 'unneeded',
  GrantRevoked: 'unneeded',
  GrantExpired: 'unneeded',
  GrantEnded: 'unneeded',
  ReviewRequested: 'unneeded',
  ReviewReminded: 'unneeded',
  ReviewCompleted: 'unneeded',
};

/** Folds one event; facts that no longer matter leave the state as it is. */
export function evolve(state: AccessApproval, event: AccessEvent, at = ''): AccessApproval {
  if (state.status === 'closed') return run(settle(state, event, at), event, at);
  const outcome = outcomeOf[event.type];
  if (outcome !== undefined) return run(close(state, outcome), event, at);
  if (event.type === 'AccessRequestValidated') return validated(state, event.data);
  if (event.type === 'ApprovalRequested') return asked(state, event.data, at);
  if (state.status === 'pending') return roundOf(event) === 1 ? hear(state, event, at) : state;
  return state.status === 'absent' ? { status: 'requested' } : state;
}

function validated(
  state: AccessApproval,
  { requester, terms, approval }: AccessEventData<'AccessRequestValidated'>,
): AccessApproval {
  if (state.status !== 'absent' && state.status !== 'requested') return state;
  if (approval.type === 'none') return close(state, 'unneeded');
  return { status: 'validated', requester, terms, approval };
}

function asked(
  state: AccessApproval,
  { approval, decideBy }: AccessEventData<'ApprovalRequested'>,
  at: string,
): AccessApproval {
  if (state.status !== 'validated' || approval.type === 'none') return state;
  const { requester, terms } = state;
  const standing = beginApproval({ approval, requester, terms, at });
  return { status: 'pending', approval, decideBy, standing, takenBack: 0, questions: [] };
}

function close(state: AccessApproval, outcome: ClosedOutcome): ClosedApproval {
  const isSettled = outcome !== 'approved';
  if (state.status !== 'pending') return { status: 'closed', outcome, isSettled };
  const { standing, callbacks } = state;
  const known = callbacks === undefined ? {} : { callbacks };
  return { status: 'closed', outcome, isSettled, standing, ...known };
}

/** A grant runs on behind the approval, and can be extended. */
function run(
  { running, ...state }: ClosedApproval,
  event: AccessEvent,
  at: string,
): ClosedApproval {
  const next = evolveRunningGrant(running, event, at);
  return next === undefined ? state : { ...state, running: next };
}

/** Between the approval and the grant somebody can still lose their say; whatever ends that time is final. */
function settle(state: ClosedApproval, event: AccessEvent, at: string): ClosedApproval {
  if (state.isSettled || roundOf(event) !== 1) return state;
  if (event.type !== 'ApprovalVoided')
    return outcomeOf[event.type] === undefined ? state : { ...state, isSettled: true };
  const fact = factOfEvent(event, at);
  return state.standing === undefined || fact === undefined
    ? state
    : { ...state, standing: continueStanding(state.standing, fact) };
}
