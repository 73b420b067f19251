import type { HoldApprovers, Principal } from '@drawbridge/contracts';
import { approverRefusal, type ApproverRefusal } from '@drawbridge/scope';

/**
 * The one rule of who may decide a hold, for the service that asks and for the one that releases: as for access
 * requests, a human of the groups; and never the owner of the agent, whatever policy says of its requests.
 */
export function holdApproverRefusal(
  approver: Principal,
  { groups }: HoldApprovers,
  agent: Principal,
): ApproverRefusal | undefined {
  return approverRefusal(
    approver,
    { type: 'humans', count: 1, groups, excludeOwner: true, timeoutSeconds: 0 },
    agent,
  );
}

const explanations: Readonly<Record<ApproverRefusal, string>> = {
  approver_not_human: 'only a human may decide; this is the token of an agent',
  approver_not_in_group: 'you are in none of the groups that may decide this call',
  self_approval: 'this is your own call, so somebody else must decide',
  owner_approval:
    'you are the owner of the agent that makes this call, so somebody else must decide',
  owner_unknown: 'the agent has no known owner, so nobody may decide; give the agent an owner',
  approver_email_unknown:
    'your identity has no e-mail address, so it cannot be told apart from the owner of the agent',
  no_approval_required: 'this call needs no approval',
};

/** The refusal in words for that human. */
export const explainApproverRefusal = (refusal: ApproverRefusal): string => explanations[refusal];
