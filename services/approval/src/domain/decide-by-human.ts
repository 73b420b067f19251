import type { AccessEvent, ApprovedVia, Principal, StepUpProof } from '@drawbridge/contracts';
import {
  isSameHuman,
  whyNotCounted,
  type ApprovedTerms,
  type FactOf,
  type Standing,
  type StepRefusal,
} from '@drawbridge/scope';
import { pendingOf, type AccessApproval, type PendingApproval } from './access-approval-state.js';
import { isOver } from './is-over.js';
import {
  ApprovalRefused,
  isForHumans,
  isStepUp,
  refusedApprover,
  StepUpRefused,
  type HumanRefusal,
} from './approval-refused.js';
import { openStepOf } from './steps-of.js';

/** What the history of one request may hold of this. */
const MAX_TAKEN_BACK = 10;

/** `at` is when the command was accepted: UTC, RFC 3339. */
interface ByHuman {
  readonly approver: Principal;
  readonly at: string;
}

export interface GiveApproval extends ByHuman {
  readonly type: 'GiveApproval';
  readonly via: ApprovedVia;
  readonly comment?: string;
  /** What was shown: the request, or which extension of its grant. @default 1, the request */
  readonly round?: number;
  /** Version of the terms that were shown. @default 0 */
  readonly seen?: number;
  /** Only in a sequence. @default the one that is open */
  readonly step?: string;
  /** What is to be granted instead, where it is less. */
  readonly narrow?: Partial<ApprovedTerms>;
  /** What the login proved with which it is given. */
  readonly proof?: StepUpProof;
}

export interface DenyApproval extends ByHuman {
  readonly type: 'DenyApproval';
  readonly via: 'slack' | 'http';
  readonly reason?: string;
  /** @default what is open */
  readonly round?: number;
}

/** `taken_back`: by the approver; otherwise they are no longer one who may approve. */
export interface VoidApproval {
  readonly type: 'VoidApproval';
  readonly approver: Principal;
  readonly reason: 'taken_back' | 'left_group' | 'disabled';
  readonly at: string;
}

export function giveApproval(
  state: AccessApproval,
  command: GiveApproval,
): AccessEvent | undefined {
  const { round = 1 } = command;
  if (hasApproved(state, givenOf(command), round)) return undefined;
  const pending = requireRound(state, round);
  const { standing, decideBy, approval } = pending;
  const fact = givenOf(command, standing);
  const refusal = whyNotCounted(standing, fact);
  if (refusal === 'already_approved') return undefined;
  if (refusal !== undefined) throw refusedApproval(refusal, standing);
  requireInTime(decideBy, command.at);
  const { approver, via, comment } = command;
  return {
    type: 'ApprovalGiven',
    data: {
      approver,
      via,
      ...(comment === undefined ? {} : { comment }),
      // Nobody else reads what is noted for steps.
      ...(approval.type === 'steps' ? notedOf(fact) : {}),
      ...roundNote(pending),
    },
  };
}

export function denyApproval(
  state: AccessApproval,
  { approver, via, reason, round = openRoundOf(state), at }: DenyApproval,
): AccessEvent | undefined {
  const fact = { type: 'denied', approver, at } as const;
  if (hasDenied(state, fact, round)) return undefined;
  const pending = requireRound(state, round);
  const { standing, decideBy } = pending;
  const refusal = whyNotCounted(standing, fact);
  if (refusal !== undefined) throw refusedApprover(asHumanRefusal(refusal));
  requireInTime(decideBy, at);
  return {
    type: 'ApprovalDenied',
    data: { approver, via, ...(reason === undefined ? {} : { reason }), ...roundNote(pending) },
  };
}

/** Possible until the grant stands: after that the grant has to be revoked. */
export function voidApproval(
  state: AccessApproval,
  { approver, reason, at }: VoidApproval,
): AccessEvent | undefined {
  const fact = { type: 'voided', approver, at } as const;
  const { standing, round } = voidableOf(state);
  const refusal = standing === undefined ? 'approval_not_given' : whyNotCounted(standing, fact);
  if (refusal === undefined && reason === 'taken_back') requireFew(state);
  const voided = standing?.approvals.find((given) => isSameHuman(given.approver, approver));
  if (refusal === undefined && voided !== undefined)
    return {
      type: 'ApprovalVoided',
      data: { approver: voided.approver, reason, ...roundNote({ round }) },
    };
  // Nobody asked for it who would have to be told.
  if (reason !== 'taken_back') return undefined;
  if (standing === undefined) requireRound(state, openRoundOf(state));
  throw refusedApprover(asHumanRefusal(refusal ?? 'approval_not_given'));
}

interface Voidable {
  readonly standing?: Standing | undefined;
  readonly round?: number | undefined;
}

/** An extension can lose a say until it stands, as a request can until its grant does. */
function voidableOf(state: AccessApproval): Voidable {
  if (state.status === 'pending') return state;
  if (state.status !== 'closed') return {};
  if (state.running !== undefined) return state.running.pending ?? {};
  const isBetween = state.outcome === 'approved' && !state.isSettled;
  return isBetween ? { standing: state.standing } : {};
}

function requireFew(state: AccessApproval): void {
  const pending = state.status === 'closed' ? state.running?.pending : state;
  if (pending?.status === 'pending' && pending.takenBack >= MAX_TAKEN_BACK) {
    const message = `approvals of this request were taken back ${MAX_TAKEN_BACK} times; deny it instead`;
    throw new ApprovalRefused('too_many_take_backs', message);
  }
}

function givenOf(command: GiveApproval, standing?: Standing): FactOf<'given'> {
  const { approver, at, seen = 0, narrow, proof } = command;
  const step = command.step ?? openStepOf(standing);
  return {
    type: 'given',
    approver,
    at,
    seen,
    ...(step === undefined ? {} : { step }),
    ...(narrow === undefined ? {} : { narrow }),
    ...(standing?.asked.requirement.stepUp === undefined || proof === undefined ? {} : { proof }),
  };
}

/** Whoever only has to log in again is told how. */
function refusedApproval(refusal: StepRefusal, { asked }: Standing): ApprovalRefused {
  const { stepUp } = asked.requirement;
  if (stepUp !== undefined && isStepUp(refusal)) return new StepUpRefused(refusal, stepUp);
  return refusedApprover(asHumanRefusal(refusal));
}

function notedOf({ seen, step, narrow = {}, proof }: FactOf<'given'>) {
  const { rules, durationSeconds } = narrow;
  const less = {
    ...(rules === undefined ? {} : { rules: [...rules] }),
    ...(durationSeconds === undefined ? {} : { durationSeconds }),
  };
  return {
    seen,
    ...(step === undefined ? {} : { step }),
    ...(Object.keys(less).length === 0 ? {} : { narrow: less }),
    ...(proof === undefined ? {} : { proof }),
  };
}

function hasApproved(state: AccessApproval, fact: FactOf<'given'>, round: number): boolean {
  if (state.status !== 'closed') return false;
  if (round === 1) {
    return state.outcome === 'approved' && isKnown(state.standing, fact, 'already_approved');
  }
  const approved = state.running?.approved;
  return approved?.round === round && isKnown(approved.standing, fact, 'already_approved');
}

function hasDenied(state: AccessApproval, fact: FactOf<'denied'>, round: number): boolean {
  if (round !== 1) {
    const pending = state.status === 'closed' ? state.running?.pending : undefined;
    return pending?.round === round && isKnown(pending.standing, fact, 'already_denied');
  }
  const isPossible =
    state.status === 'pending' || (state.status === 'closed' && state.outcome === 'rejected');
  return isPossible && isKnown(state.standing, fact, 'already_denied');
}

/** Whether the human said so before. */
const isKnown = (
  standing: Standing | undefined,
  fact: FactOf<'given'> | FactOf<'denied'>,
  code: 'already_approved' | 'already_denied',
): boolean => standing !== undefined && whyNotCounted(standing, fact) === code;

/** What is no word for a human of these times counts as decided. */
export function asHumanRefusal(refusal: StepRefusal): HumanRefusal {
  return isForHumans(refusal) ? refusal : 'request_not_pending';
}

/** Which approval takes decisions now: that of an open extension, or the request's own. */
export const openRoundOf = (state: AccessApproval): number =>
  (state.status === 'closed' ? state.running?.pending?.round : undefined) ?? 1;

/** How an event of this round says so; the first does not. */
export const roundNote = ({ round }: { readonly round?: number | undefined }) =>
  round === undefined ? {} : { round };

/**
 * What is open of a round; what was shown of another one decides nothing.
 *
 * @throws ApprovalRefused why there is nothing to decide
 */
export function requireRound(state: AccessApproval, round: number): PendingApproval {
  if (round === 1) return requirePending(state);
  const pending = pendingOf(state);
  if (pending?.round === round && pending.denial === undefined) return pending;
  const message = 'this extension is decided already, or was never asked about';
  throw new ApprovalRefused('request_not_pending', message);
}

/** @throws ApprovalRefused why there is nothing to decide */
export function requirePending(state: AccessApproval): PendingApproval {
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

/** @throws ApprovalRefused `approval_too_late` */
export function requireInTime(decideBy: string, at: string): void {
  if (!isOver(decideBy, at)) return;
  const message = `the request had to be decided by ${decideBy}`;
  throw new ApprovalRefused('approval_too_late', message);
}

const describeOutcome = {
  approved: 'the request was already approved',
  rejected: 'the request was already rejected',
  lapsed: 'the request has lapsed: nobody decided in time',
  withdrawn: 'the request was withdrawn by its requester',
  denied: 'the request was denied by policy',
  unneeded: 'the request needs no approval',
} as const;
