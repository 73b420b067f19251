import type { AccessEvent, AccessEventData } from '@drawbridge/contracts';
import type { AccessApproval, ClosedOutcome } from './access-approval-state.js';

/** Folds one event; facts that no longer matter leave the state as it is. */
export function evolve(state: AccessApproval, event: AccessEvent): AccessApproval {
  if (state.status === 'closed') return state;
  switch (event.type) {
    case 'AccessRequested':
      return state.status === 'absent' ? { status: 'requested' } : state;
    case 'AccessRequestValidated':
      return validated(state, event.data);
    case 'ApprovalRequested':
      return asked(state, event.data);
    case 'ApprovalGiven':
    case 'ApprovalDenied':
      return decided(state, event);
    case 'AccessRequestWithdrawn':
      return close(state, 'withdrawn');
    case 'AccessRequestDenied':
      return close(state, 'denied');
    case 'AccessRequestApproved':
      return close(state, 'approved');
    case 'AccessRequestRejected':
      return close(state, 'rejected');
    case 'AccessRequestLapsed':
      return close(state, 'lapsed');
    case 'GrantIssued':
    case 'GrantRevoked':
    case 'GrantExpired':
      // Only a request without an approval gets here; nothing is left for humans to decide.
      return close(state, 'unneeded');
  }
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
