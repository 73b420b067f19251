import { principalId, type AccessEvent, type Principal } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { approverRefusal, quorumReached } from '@drawbridge/scope';
import { initial, type AccessApproval, type PendingApproval } from './access-approval-state.js';
import { ApprovalRefused, refusedApprover } from './approval-refused.js';
import { evolve } from './evolve-access-approval.js';

interface HumanDecision {
  readonly approver: Principal;
  readonly via: 'slack' | 'http';
  readonly at: string;
}

/** `at` is when the command was accepted: UTC, RFC 3339. */
export type AccessApprovalCommand =
  | { readonly type: 'RequestApproval'; readonly at: string }
  | ({ readonly type: 'GiveApproval'; readonly comment?: string } & HumanDecision)
  | ({ readonly type: 'DenyApproval'; readonly reason?: string } & HumanDecision)
  | { readonly type: 'CompleteApproval' }
  | { readonly type: 'RejectRequest' }
  | { readonly type: 'LapseRequest'; readonly at: string };

/**
 * Whether the right humans said yes to an access request.
 *
 * `RequestApproval`, `CompleteApproval` and `RejectRequest` answer an event and change nothing where there
 * is nothing to do, so a redelivery in any order is harmless. One denial decides, also over a full quorum
 * that is not recorded as approved yet. A decision counts only before `decideBy`; from then on the request
 * may lapse, unless it was decided in time.
 */
export const accessApproval: Decider<AccessApproval, AccessApprovalCommand, AccessEvent> = {
  initial,
  evolve,
  decide(command, state) {
    switch (command.type) {
      case 'RequestApproval':
        return requestApproval(state, command.at);
      case 'GiveApproval':
        return giveApproval(state, command);
      case 'DenyApproval':
        return denyApproval(state, command);
      case 'CompleteApproval':
        return completeApproval(state);
      case 'RejectRequest':
        return rejectRequest(state);
      case 'LapseRequest':
        return lapseRequest(state, command.at);
    }
  },
};

type CommandOf<Type> = Extract<AccessApprovalCommand, { type: Type }>;

function requestApproval(state: AccessApproval, at: string): AccessEvent | undefined {
  if (state.status !== 'validated') return undefined;
  const { approval } = state;
  const decideBy = new Date(Date.parse(at) + approval.timeoutSeconds * 1000).toISOString();
  return { type: 'ApprovalRequested', data: { approval, decideBy } };
}

function giveApproval(
  state: AccessApproval,
  { approver, via, comment, at }: CommandOf<'GiveApproval'>,
): AccessEvent | undefined {
  if (state.status === 'closed' && state.outcome === 'approved' && has(state.approvals, approver))
    return undefined;
  const { approvals } = requireEligible(state, approver);
  if (has(approvals, approver)) return undefined;
  requireInTime(state, at);
  return {
    type: 'ApprovalGiven',
    data: { approver, via, ...(comment === undefined ? {} : { comment }) },
  };
}

function denyApproval(
  state: AccessApproval,
  { approver, via, reason, at }: CommandOf<'DenyApproval'>,
): AccessEvent | undefined {
  if (deniedBy(state, approver)) return undefined;
  requireEligible(state, approver);
  requireInTime(state, at);
  return {
    type: 'ApprovalDenied',
    data: { approver, via, ...(reason === undefined ? {} : { reason }) },
  };
}

function completeApproval(state: AccessApproval): AccessEvent | undefined {
  if (state.status !== 'pending' || state.denial !== undefined || !isQuorate(state))
    return undefined;
  return { type: 'AccessRequestApproved', data: { approvers: [...eligibleOf(state)] } };
}

function rejectRequest(state: AccessApproval): AccessEvent | undefined {
  if (state.status !== 'pending' || state.denial === undefined) return undefined;
  const { by, reason } = state.denial;
  return {
    type: 'AccessRequestRejected',
    data: { by, ...(reason === undefined ? {} : { reason }) },
  };
}

function lapseRequest(state: AccessApproval, at: string): AccessEvent | undefined {
  if (state.status !== 'pending' || !isOver(state.decideBy, at)) return undefined;
  // Decided in time: what is still missing is only our own next event.
  if (state.denial !== undefined || isQuorate(state)) return undefined;
  return { type: 'AccessRequestLapsed', data: { decideBy: state.decideBy } };
}

function requireEligible(state: AccessApproval, approver: Principal): PendingApproval {
  const pending = requirePending(state);
  const refusal = approverRefusal(approver, pending.approval, pending.requester);
  if (refusal !== undefined) throw refusedApprover(refusal);
  return pending;
}

function requirePending(state: AccessApproval): PendingApproval {
  switch (state.status) {
    case 'absent':
      throw new ApprovalRefused('approval_unknown', 'there is no access request with this id');
    case 'requested':
    case 'validated':
      throw new ApprovalRefused('request_not_pending', 'the request is not open for approval yet');
    case 'closed':
      throw new ApprovalRefused('request_not_pending', describeOutcome[state.outcome]);
    case 'pending':
      if (state.denial === undefined) return state;
      throw new ApprovalRefused('request_not_pending', describeOutcome.rejected);
  }
}

function requireInTime(state: AccessApproval, at: string): void {
  if (state.status === 'pending' && isOver(state.decideBy, at)) {
    const message = `the request had to be decided by ${state.decideBy}`;
    throw new ApprovalRefused('approval_too_late', message);
  }
}

const describeOutcome = {
  approved: 'the request was already approved',
  rejected: 'the request was already rejected',
  lapsed: 'the request has lapsed: nobody decided in time',
  withdrawn: 'the request was withdrawn by its requester',
  denied: 'the request was denied by policy',
  unneeded: 'the request needs no approval',
} as const;

/** The approvals that count: only of those who may approve. */
function eligibleOf({ approvals, approval, requester }: PendingApproval): readonly Principal[] {
  return approvals.filter(
    (approver) => approverRefusal(approver, approval, requester) === undefined,
  );
}

function isQuorate({ approvals, approval, requester }: PendingApproval): boolean {
  return quorumReached(approvals, approval, requester);
}

function deniedBy(state: AccessApproval, approver: Principal): boolean {
  const isPossible =
    state.status === 'pending' || (state.status === 'closed' && state.outcome === 'rejected');
  return isPossible && state.denial !== undefined && has([state.denial.by], approver);
}

const has = (approvals: readonly Principal[], approver: Principal): boolean =>
  approvals.some((given) => principalId(given) === principalId(approver));

const isOver = (decideBy: string, at: string): boolean => Date.parse(at) >= Date.parse(decideBy);
