import { principalId, type HoldEvent, type Principal } from '@drawbridge/contracts';
import type { HoldCommandOf } from './hold.js';
import { explainApproverRefusal, holdApproverRefusal, missingApprovals } from './hold-approver.js';
import { DENIAL_SECONDS } from './hold-limits.js';
import { HoldRefused } from './hold-refused.js';
import type { EndedHold, Hold, HoldOutcome } from './hold-state.js';

type Approve = HoldCommandOf<'ApproveHold'>;
type Deny = HoldCommandOf<'DenyHold'>;
type LiveHold = Exclude<Hold, EndedHold | { status: 'absent' }>;
type OpenHold = Extract<Hold, { status: 'open' }>;

/** Takes a human's decision. A denial also takes back an approval that was not used yet. */
export function decideByHuman(state: Hold, command: Approve | Deny): HoldEvent | undefined {
  if (isRepeated(state, command)) return undefined;
  const live = requireLive(state);
  const refusal = holdApproverRefusal(command.approver, live.held);
  if (refusal !== undefined) throw new HoldRefused(refusal, explainApproverRefusal(refusal));
  if (command.type === 'DenyHold') return deny(live, command);
  if (live.status === 'approved') throw notOpen('the call was already approved');
  return approve(live, command);
}

/** The yes that is enough approves; those before it are kept until then. */
function approve(
  { held, endorsements = [] }: OpenHold,
  { approver, via, comment, at, disabled }: Approve,
): HoldEvent {
  requireInTime(held.decideBy, at);
  const remark = comment === undefined ? {} : { comment };
  const said = [...endorsements.map((earlier) => earlier.approver), approver];
  if (missingApprovals(held, said, disabled) > 0) {
    return { type: 'HoldEndorsed', data: { approver, via, ...remark, digest: held.digest } };
  }
  const validMs = Date.parse(at) + held.approvalSeconds * 1000;
  const validUntil = new Date(Math.min(validMs, Date.parse(held.grantEndsAt))).toISOString();
  return {
    type: 'HoldApproved',
    data: {
      approver,
      via,
      ...remark,
      digest: held.digest,
      validUntil,
    },
  };
}

function deny(live: LiveHold, { approver, via, reason, at }: Deny): HoldEvent {
  requireInTime(live.status === 'open' ? live.held.decideBy : live.approval.validUntil, at);
  const standsUntil = new Date(Date.parse(at) + DENIAL_SECONDS * 1000).toISOString();
  return {
    type: 'HoldDenied',
    data: { approver, via, ...(reason === undefined ? {} : { reason }), standsUntil },
  };
}

/** The same human had decided the same: a double click, or a repeated request. */
function isRepeated(state: Hold, { type, approver }: Approve | Deny): boolean {
  if (state.status === 'absent') return false;
  if (type === 'ApproveHold') {
    return approversOf(state).some((earlier) => isSame(earlier, approver));
  }
  return state.status === 'ended' && isSame(state.denial?.approver, approver);
}

/** Whose yes stands, or let the call through. */
function approversOf(state: Exclude<Hold, { status: 'absent' }>): readonly Principal[] {
  if (state.status === 'ended' && state.outcome !== 'released') return [];
  const approval = state.status === 'open' ? [] : [state.approval];
  return [...(state.endorsements ?? []), ...approval].flatMap((yes) => yes?.approver ?? []);
}

function requireLive(state: Hold): LiveHold {
  if (state.status === 'absent') {
    throw new HoldRefused('hold_unknown', 'there is no held call with this id');
  }
  if (state.status === 'ended') throw notOpen(endings[state.outcome]);
  return state;
}

function requireInTime(until: string, at: string): void {
  if (Date.parse(at) < Date.parse(until)) return;
  throw new HoldRefused('hold_too_late', `this had to be decided by ${until}`);
}

const endings: Readonly<Record<HoldOutcome, string>> = {
  denied: 'the call was already denied',
  lapsed: 'the hold has lapsed: nobody decided in time',
  cancelled: 'the hold was cancelled',
  released: 'the call was approved and let through already',
  expired: 'the call was approved and did not come again in time',
};

const notOpen = (message: string): HoldRefused => new HoldRefused('hold_not_open', message);

const isSame = (one: Principal | undefined, other: Principal): boolean =>
  one !== undefined && principalId(one) === principalId(other);
