import type { AccessEvent, AccessEventData, AccessEventType } from '@drawbridge/contracts';
import type { AccessApproval, ClosedOutcome } from './access-approval-state.js';

/** How an event ends an approval; every event type is listed, so that a new one must be judged. */
const outcomeOf: Readonly<Record<AccessEventType, ClosedOutcome | undefined>> = {
  AccessRequested: undefined,
  AccessRequestValidated: undefined,
  ApprovalRequested: undefined,
  ApprovalGiven: undefined,
  ApprovalDenied: undefined,
  AccessRequestWithdrawn: 'withdrawn',
  AccessRequestDenied: 'denied',
  AccessRequestApproved: 'approved',
  AccessRequestRejected: 'rejected',
  AccessRequestLapsed: 'lapsed',
  // Only a request without an approval gets here; nothing is left for humans to decide.
  GrantIssued: 'unneeded',
  GrantRevoked: 'unneeded',
  GrantExpired: 'unneeded',
};

/** Folds one event; facts that no longer matter leave the state as it is. */
export function evolve(state: AccessApproval, event: AccessEvent): AccessApproval {
  if (state.status === 'closed') return state;
  const outcome = outcomeOf[event.type];
  if (outcome !== undefined) return close(state, outcome);
  if (event.type === 'AccessRequestValidated') return validated(state, event.data);
  if (event.type === 'ApprovalRequested') return asked(state, event.data);
  if (event.type === 'ApprovalGiven' || event.type === 'ApprovalDenied')
    return decided(state, event);
  return state.status === 'absent' ? { status: 'requested' } : state;
}

function validated(
  state: AccessApproval,
  { requester, approval }: AccessEventData<'AccessRequestValidated'>,
): AccessApproval {
  if (state.status !== 'absent' && state.status !== 'requested') return state;
  if (approval.type === 'none') return close(state, 'unneeded');
  return { status: 'validated', requester, approval };
}

function asked(
  state: AccessApproval,
  { approval, decideBy }: AccessEventData<'ApprovalRequested'>,
): AccessApproval {
  if (state.status !== 'validated' || approval.type === 'none') return state;
  return { status: 'pending', requester: state.requester, approval, decideBy, approvals: [] };
}

function decided(
  state: AccessApproval,
  event: Extract<AccessEvent, { type: 'ApprovalGiven' | 'ApprovalDenied' }>,
): AccessApproval {
  if (state.status !== 'pending') return state;
  if (event.type === 'ApprovalGiven')
    return { ...state, approvals: [...state.approvals, event.data.approver] };
  const { approver, reason } = event.data;
  return {
    ...state,
    denial: { by: approver, ...(reason === undefined ? {} : { reason }) },
  };
}

function close(state: AccessApproval, outcome: ClosedOutcome): AccessApproval {
  if (state.status !== 'pending') return { status: 'closed', outcome, approvals: [] };
  const { approvals, denial } = state;
  return { status: 'closed', outcome, approvals, ...(denial === undefined ? {} : { denial }) };
}
