import type { StepUp } from '@drawbridge/contracts';
import { AppError } from '@drawbridge/kernel';
import type { StepRefusal } from '@drawbridge/scope';

/** What the rule of approvals says to a human. What is no news to them is no refusal. */
export type HumanRefusal = Exclude<
  StepRefusal,
  'already_approved' | 'already_denied' | 'too_early' | 'ticket_wrong'
>;

/** What a login may lack with which somebody approves. */
export type StepUpRefusal = 'step_up_required' | 'step_up_too_old' | 'step_up_too_weak';

/** Why a decision of a human was not taken. Closed list; each stands in `docs/errors.md`. */
export type ApprovalRefusal =
  | HumanRefusal
  | 'approval_unknown'
  | 'approval_too_late'
  | 'ticket_wrong'
  | 'too_many_take_backs'
  | 'too_many_questions';

/** A human's decision is refused; nothing was appended. The message may be shown to that human. */
export class ApprovalRefused extends AppError<ApprovalRefusal> {}

/** Whoever approves has to log in again, as the request wants it. */
export class StepUpRefused extends ApprovalRefused {
  constructor(
    code: StepUpRefusal,
    readonly wanted: StepUp,
  ) {
    super(code, explanations[code]);
  }
}

const explanations: Readonly<Record<HumanRefusal, string>> = {
  approver_not_human: 'only a human may decide; this is the token of an agent',
  approver_not_in_group: 'you are in none of the groups that may decide this request',
  self_approval: 'you asked for this access yourself, so somebody else must decide',
  owner_approval: 'you are the owner of the agent that asks, so somebody else must decide',
  owner_unknown:
    'the agent has no known owner, and its owner may not decide, so nobody can; give the agent an owner',
  approver_email_unknown:
    'your identity has no e-mail address, so it cannot be told apart from the owner of the agent',
  behalf_approval: 'it was asked on your behalf, so somebody else must decide',
  sponsor_approval: 'you are the sponsor of the agent that asks, so somebody else must decide',
  approval_not_given: 'no approval of yours counts for this request',
  request_not_pending: 'the request is decided already',
  seat_not_needed: 'enough humans of your groups have approved; the others are still missing',
  step_not_open: 'the step that you were shown is not the one that is open; look again',
  terms_changed: 'another approver gave less than you were shown; look again',
  narrowing_widens:
    'an approver may take away from the terms, but neither add to them nor take all',
  narrowing_not_possible:
    'this request can only be approved as it is, or denied; its policy does not ask in steps',
  step_up_required:
    'who approves this request must have logged in just before; log in again and approve with that login',
  step_up_too_old: 'your login is too old to approve this request with; log in again',
  step_up_too_weak:
    'your login was not strong enough to approve this request with; log in again with a second factor',
};

/** The refusal of one human, in words for that human. */
export function refusedApprover(code: HumanRefusal): ApprovalRefused {
  return new ApprovalRefused(code, explanations[code]);
}

/** Whether there are words for it. */
export const isForHumans = (code: StepRefusal): code is HumanRefusal =>
  Object.hasOwn(explanations, code);

/** Whether it is about the login, not about the human. */
export const isStepUp = (code: StepRefusal): code is StepUpRefusal =>
  code === 'step_up_required' || code === 'step_up_too_old' || code === 'step_up_too_weak';
