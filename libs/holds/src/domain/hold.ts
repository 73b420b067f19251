import type { HoldCancelReason, HoldEvent, HoldEventData, Principal } from '@drawbridge/contracts';
import type { Decider } from '@drawbridge/kernel';
import { decideByHuman } from './decide-by-human.js';
import { evolveHold } from './evolve-hold.js';
import { holdCommand, type HoldRequest, type HoldUsage } from './hold-command.js';
import type { HoldLimits } from './hold-limits.js';
import { initialHold, type Hold } from './hold-state.js';
import { releaseCommand } from './release-command.js';

/** A human's decision; `at` is when it was accepted: UTC, RFC 3339, as everywhere here. */
export interface HumanDecision {
  readonly approver: Principal;
  readonly via: 'slack' | 'http';
  readonly at: string;
}

/** The grant as it stands when a call is to be let through. */
export interface OpenGrantFacts {
  readonly grantId: string;
  readonly endsAt: string;
}

export type HoldCommand =
  | {
      readonly type: 'HoldCommand';
      readonly request: HoldRequest;
      readonly usage: HoldUsage;
      readonly limits: HoldLimits;
      readonly at: string;
    }
  | ({
      readonly type: 'ApproveHold';
      readonly comment?: string;
      /** `principalId` of humans who have no say any more, whatever they said before. */
      readonly disabled?: readonly string[];
    } & HumanDecision)
  | ({ readonly type: 'DenyHold'; readonly reason?: string } & HumanDecision)
  | { readonly type: 'EndHoldInTime'; readonly at: string }
  | { readonly type: 'CancelHold'; readonly reason: HoldCancelReason }
  | {
      readonly type: 'ReleaseCommand';
      readonly commandId: string;
      /** Of the call as it is now, with the policy in force now. */
      readonly digest: string;
      readonly disabled?: readonly string[];
      /** Absent when the grant is not open. */
      readonly grant?: OpenGrantFacts;
      readonly at: string;
    };
export type HoldCommandOf<Type extends HoldCommand['type']> = Extract<HoldCommand, { type: Type }>;

/**
 * Whether one held call may pass: open → approved | denied | lapsed | cancelled, and approved → released |
 * expired | denied | cancelled.
 *
 * A call that is held again joins. The same command may repeat its release, because it may not know whether the
 * first attempt was stored; it must forward once. Any other command finds the approval used.
 */
export const hold: Decider<Hold, HoldCommand, HoldEvent> = {
  initial: initialHold,
  evolve: evolveHold,
  decide(command, state) {
    switch (command.type) {
      case 'HoldCommand':
        return holdCommand(state, command);
      case 'ApproveHold':
      case 'DenyHold':
        return decideByHuman(state, command);
      case 'EndHoldInTime':
        return endInTime(state, command.at);
      case 'CancelHold':
        return cancel(state, command.reason);
      case 'ReleaseCommand':
        return releaseCommand(state, command);
    }
  },
};

function endInTime(state: Hold, at: string): HoldEvent | undefined {
  if (state.status === 'open' && isOver(state.held.decideBy, at)) {
    return { type: 'HoldLapsed', data: { decideBy: state.held.decideBy } };
  }
  if (state.status === 'approved' && isOver(state.approval.validUntil, at)) {
    return { type: 'HoldExpired', data: { validUntil: state.approval.validUntil } };
  }
  return undefined;
}

function cancel(state: Hold, reason: HoldCancelReason): HoldEvent | undefined {
  const isLive = state.status === 'open' || state.status === 'approved';
  return isLive ? { type: 'HoldCancelled', data: { reason } } : undefined;
}

/** Where a call stands that may have been held before. */
export type HoldStanding =
  /** Never held. */
  | 'none'
  | 'open'
  | 'approved'
  /** Denied, and not long enough ago to ask again. */
  | 'denied'
  /** Ended, by an event or by the clock: held again it is another hold. */
  | 'over';

/** What a hold means now for a call that comes again. */
export function standingOf(state: Hold, at: string): HoldStanding {
  switch (state.status) {
    case 'absent':
      return 'none';
    case 'open':
      return isOver(state.held.decideBy, at) ? 'over' : 'open';
    case 'approved':
      return isOver(state.approval.validUntil, at) ? 'over' : 'approved';
    case 'ended':
      return stillDenied(state.denial, at) ? 'denied' : 'over';
  }
}

const stillDenied = (denial: HoldEventData<'HoldDenied'> | undefined, at: string): boolean =>
  denial !== undefined && !isOver(denial.standsUntil, at);

const isOver = (until: string, at: string): boolean => !(Date.parse(at) < Date.parse(until));
