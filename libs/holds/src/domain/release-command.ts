import type { HoldEvent } from '@drawbridge/contracts';
import type { HoldCommandOf } from './hold.js';
import { missingApprovals } from './hold-approver.js';
import { HoldRefused, type ReleaseRefusal } from './hold-refused.js';
import type { EndedHold, Hold, HoldOutcome } from './hold-state.js';

type Release = HoldCommandOf<'ReleaseCommand'>;
type ApprovedHold = Extract<Hold, { status: 'approved' }>;

/**
 * Lets the approved call through, once. Everything the approval rests on is looked at again: the call, by its
 * digest with the policy in force; the grant; the time; and the approver.
 */
export function releaseCommand(state: Hold, command: Release): HoldEvent | undefined {
  if (state.status === 'ended') {
    if (isOwnRelease(state, command)) return undefined;
    throw refused(endings[state.outcome], state);
  }
  // Nothing was approved under this id, so not this call.
  if (state.status === 'absent') throw refused('hold_call_changed', state);
  if (state.status === 'open') throw refused('hold_pending', state);
  const refusal = approvalRefusal(state, command);
  if (refusal !== undefined) throw refused(refusal, state);
  const { commandId, digest } = command;
  return { type: 'CommandReleased', data: { commandId, digest } };
}

/** An earlier attempt of this very command, for this very call, was stored after all. */
const isOwnRelease = ({ releasedCommandId, held }: EndedHold, command: Release): boolean =>
  releasedCommandId === command.commandId && held.digest === command.digest;

function approvalRefusal(
  { held, endorsements = [], approval }: ApprovedHold,
  { digest, grant, at, disabled }: Release,
): ReleaseRefusal | undefined {
  if (digest !== held.digest || digest !== approval.digest) return 'hold_call_changed';
  if (grant?.grantId !== held.call.grantId || !isBefore(at, grant.endsAt))
    return 'hold_grant_ended';
  if (!isBefore(at, approval.validUntil)) return 'hold_expired';
  const said = [...endorsements, approval];
  if (said.some((yes) => yes.digest !== digest)) return 'hold_call_changed';
  const approvers = said.map(({ approver }) => approver);
  return missingApprovals(held, approvers, disabled) === 0 ? undefined : 'hold_pending';
}

const endings: Readonly<Record<HoldOutcome, ReleaseRefusal>> = {
  denied: 'hold_denied',
  lapsed: 'hold_lapsed',
  cancelled: 'hold_cancelled',
  released: 'hold_used',
  expired: 'hold_expired',
};

const messages: Readonly<Record<ReleaseRefusal, string>> = {
  hold_pending: 'this call waits for an approver',
  hold_denied: 'an approver denied this call',
  hold_lapsed: 'no approver decided in time',
  hold_cancelled: 'the hold of this call was cancelled',
  hold_expired: 'the approval of this call is no longer valid',
  hold_used: 'the approval of this call was used by an earlier one: it lets one call through, once',
  hold_call_changed: 'the call, the object or the policy is not what was approved',
  hold_grant_ended: 'the grant has ended',
};

function refused(code: ReleaseRefusal, state: Hold): HoldRefused {
  const reason = state.status === 'ended' ? state.denial?.reason : undefined;
  const said = code === 'hold_denied' && reason !== undefined ? `: ${reason}` : '';
  return new HoldRefused(code, `${messages[code]}${said}`);
}

const isBefore = (at: string, until: string): boolean => Date.parse(at) < Date.parse(until);
