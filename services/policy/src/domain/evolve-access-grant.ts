import type { AccessEventData, AccessEventType } from '@drawbridge/contracts';
import type { AccessGrant } from './access-grant-state.js';

type DataByType = { readonly [Type in AccessEventType]: AccessEventData<Type> };
type Changes = {
  readonly [Type in AccessEventType]: (state: AccessGrant, data: DataByType[Type]) => AccessGrant;
};

/** Folds one more event. What is closed stays closed, and nothing is granted that was not validated. */
export function evolve<Type extends AccessEventType>(
  state: AccessGrant,
  { type, data }: { readonly type: Type; readonly data: DataByType[Type] },
): AccessGrant {
  return changes[type](state, data);
}

const closed: AccessGrant = { status: 'closed' };

/** A grant that is open needs an end of its own, or nobody would record it. */
const closeUnlessGranted = (state: AccessGrant): AccessGrant =>
  state.status === 'granted' ? state : closed;

const changes: Changes = {
  AccessRequested: (state, { requester, request }) =>
    state.status === 'absent' ? { status: 'requested', requester, request } : state,
  AccessRequestWithdrawn: (state, { by }) =>
    state.status === 'granted' ? { ...state, withdrawnBy: by } : closed,
  AccessRequestValidated: (state, { policy, requester, terms, approval }) =>
    state.status === 'requested'
      ? {
          status: 'pending',
          request: state.request,
          policy,
          requester,
          terms,
          approval,
          approvals: [],
          isApproved: false,
          isRefused: false,
        }
      : state,
  AccessRequestDenied: closeUnlessGranted,
  ApprovalRequested: (state) => state,
  ApprovalGiven: (state, { approver }) =>
    state.status === 'pending' ? { ...state, approvals: [...state.approvals, approver] } : state,
  ApprovalDenied: (state) => (state.status === 'pending' ? { ...state, isRefused: true } : state),
  AccessRequestApproved: (state) =>
    state.status === 'pending' ? { ...state, isApproved: true } : state,
  AccessRequestRejected: closeUnlessGranted,
  AccessRequestLapsed: closeUnlessGranted,
  GrantIssued: (state, { grantId, endsAt }) => {
    if (state.status !== 'pending') return state;
    const { requester, request, policy, terms, approval, approvals } = state;
    const fixed = { requester, request, policy, terms, approval, approvals };
    return { status: 'granted', ...fixed, grantId, endsAt };
  },
  GrantRevoked: () => closed,
  GrantExpired: () => closed,
};
