import {
  principalId,
  type HoldApprovers,
  type Principal,
  type TrustBundle,
} from '@drawbridge/contracts';
import {
  approverRefusal,
  countApprovers,
  partiesOf,
  partyRefusal,
  type ApproverRefusal,
  type PartyRefusal,
} from '@drawbridge/scope';
import type { CommandHeld } from './hold-state.js';

/** Why somebody may not decide a hold. */
export type HoldApproverRefusal = ApproverRefusal | PartyRefusal;

/** What of a held call says who may decide it. */
export type DecidedCall = Pick<CommandHeld, 'approvers' | 'agent' | 'onBehalfOf'>;

/**
 * The one rule of who may decide a hold, for the service that asks and for the one that releases: as for access
 * requests, a human of the groups, and nobody who answers for the agent or for whom it works; and never the owner of
 * the agent, whatever policy says of its requests.
 */
export function holdApproverRefusal(
  approver: Principal,
  { approvers, agent, onBehalfOf }: DecidedCall,
): HoldApproverRefusal | undefined {
  return (
    approverRefusal(approver, requirementOf(approvers), agent) ??
    partyRefusal(approver, partiesOf(agent, { onBehalfOf }), true)
  );
}

/**
 * How many different humans have to say yes still.
 *
 * @param said - who said yes
 * @param disabled - `principalId` of those whose yes does not count any more
 */
export function missingApprovals(
  held: DecidedCall,
  said: readonly Principal[],
  disabled: readonly string[] = [],
): number {
  const standing = said.filter(
    (approver) =>
      !disabled.includes(principalId(approver)) &&
      holdApproverRefusal(approver, held) === undefined,
  );
  const requirement = requirementOf(held.approvers);
  return Math.max(0, requirement.count - countApprovers(standing, requirement, held.agent));
}

/** `principalId` of everybody whom a trust bundle disables. */
export const disabledBy = (trust: TrustBundle | undefined): readonly string[] =>
  (trust?.issuers ?? []).flatMap(({ issuer, disabledSubjects }) =>
    disabledSubjects.map((subject) => principalId({ issuer, subject })),
  );

const requirementOf = ({ groups, count = 1 }: HoldApprovers) =>
  ({ type: 'humans', count, groups, excludeOwner: true, timeoutSeconds: 0 }) as const;

const explanations: Readonly<Record<HoldApproverRefusal, string>> = {
  approver_not_human: 'only a human may decide; this is the token of an agent',
  approver_not_in_group: 'you are in none of the groups that may decide this call',
  self_approval: 'this is your own call, so somebody else must decide',
  owner_approval:
    'you are the owner of the agent that makes this call, so somebody else must decide',
  sponsor_approval:
    'you are the sponsor of the agent that makes this call, so somebody else must decide',
  behalf_approval: 'this call is made on your behalf, so somebody else must decide',
  owner_unknown: 'the agent has no known owner, so nobody may decide; give the agent an owner',
  approver_email_unknown:
    'your identity has no e-mail address, so it cannot be told apart from the owner of the agent',
  no_approval_required: 'this call needs no approval',
};

/** The refusal in words for that human. */
export const explainApproverRefusal = (refusal: HoldApproverRefusal): string =>
  explanations[refusal];
