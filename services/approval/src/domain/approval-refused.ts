import { AppError } from '@drawbridge/kernel';
import type { ApproverRefusal } from '@drawbridge/scope';

/** Why a decision of a human was not taken. Closed list; each stands in `docs/errors.md`. */
export type ApprovalRefusal =
  ApproverRefusal | 'approval_unknown' | 'request_not_pending' | 'approval_too_late';

/** A human's decision is refused; nothing was appended. The message may be shown to that human. */
export class ApprovalRefused extends AppError<ApprovalRefusal> {}

const explanations: Readonly<Record<ApproverRefusal, string>> = {
  approver_not_human: 'only a human may decide; this is the token of an agent',
  approver_not_in_group: 'you are in none of the groups that may decide this request',
  self_approval: 'you asked for this access yourself, so somebody else must decide',
  owner_approval: 'you are the owner of the agent that asks, so somebody else must decide',
  owner_unknown:
    'the agent has no known owner, and its owner may not decide, so nobody can; give the agent an owner',
  approver_email_unknown:
    'your identity has no e-mail address, so it cannot be told apart from the owner of the agent',
  no_approval_required: 'this request needs no approval',
};

/** The refusal of one human, in words for that human. */
export function refusedApprover(code: ApproverRefusal): ApprovalRefused {
  return new ApprovalRefused(code, explanations[code]);
}
