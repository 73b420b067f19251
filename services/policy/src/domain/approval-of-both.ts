import type { AccessEventData, ApprovalRequirement, Principal, Risk } from '@drawbridge/contracts';
import { bothApprovals, hasKnownOwner, partiesOf, type OnBehalfOf } from '@drawbridge/scope';
import type { AutoApproval } from './conditions.js';
import type { Denial } from './denial.js';
import type { Policy } from './policy-set.js';
import { whyNobodyApproves, type Known } from './require-approvers.js';
import { requiredApproval } from './required-approval.js';

/** The policy by which an agent may have something, and the one by which its human may. */
export interface BothPolicies {
  readonly policy: Policy;
  /** Absent: nobody asked for somebody else. */
  readonly behalfPolicy?: Policy | undefined;
}

/** Who must approve so that both policies are content; `undefined` when nobody could. */
export function approvalOfBoth(
  { policy, behalfPolicy }: BothPolicies,
  risk: Pick<Risk, 'level'>,
): ApprovalRequirement | undefined {
  const own = requiredApproval(policy, risk);
  return behalfPolicy === undefined
    ? own
    : bothApprovals(own, requiredApproval(behalfPolicy, risk));
}

/** What is to be approved, and what is known of who could. */
export interface Asking extends BothPolicies {
  readonly requester: Principal;
  readonly terms: OnBehalfOf;
  readonly risk: Risk;
  /** What the policy of the agent says of asking nobody. */
  readonly auto: AutoApproval | undefined;
  readonly known: Known | undefined;
}

/** Who is asked, by which rule nobody is, and the place that is to be asked for before that can be told. */
export type Approving = Pick<
  AccessEventData<'AccessRequestValidated'>,
  'approval' | 'autoApproved' | 'facts'
> &
  Pick<AutoApproval, 'wants'>;

/** Who is asked so that both policies are content; for the policy of the agent alone that was judged with it. */
export function approvalFor(asking: Asking): Approving | Denial {
  const { policy, behalfPolicy, risk, auto } = asking;
  if (behalfPolicy === undefined) return approvalBy(requiredApproval(policy, risk), auto);
  const approval = approvalOfBoth(asking, risk);
  if (approval === undefined) return notTogether(policy);
  // Nobody is asked only where nobody would be asked about the human either.
  const isSaved = asksNobody(behalfPolicy, risk) && (auto?.rule ?? auto?.wants) !== undefined;
  if (isSaved) return approvalBy(approval, auto);
  const facts = auto && { facts: auto.facts };
  return whyNotForBoth(approval, asking) ?? approvalBy(approval, facts);
}

/** Whether a policy for humans wants no approval of its own. */
export const asksNobody = (policy: Policy, risk: Pick<Risk, 'level'>): boolean =>
  requiredApproval(policy, risk).type === 'none';

function approvalBy(approval: ApprovalRequirement, auto: AutoApproval | undefined): Approving {
  if (auto === undefined) return { approval };
  const { rule, wants } = auto;
  const facts = [...auto.facts];
  if (rule !== undefined) return { approval: { type: 'none' }, autoApproved: rule, facts };
  return {
    approval,
    ...(facts.length > 0 && { facts }),
    ...(wants !== undefined && { wants }),
  };
}

const notTogether = ({ name }: Policy): Denial => ({
  code: 'no_eligible_approver',
  message: `policy "${name}" and the one for the human want approvals that nobody could give together`,
  suggestion: 'Tell the people who run Drawbridge.',
});

/** Why nobody could ever approve what both policies want: together they can want more than each of them. */
function whyNotForBoth(
  approval: ApprovalRequirement,
  { policy: { name }, requester, terms, known }: Asking,
): Denial | undefined {
  if (approval.type === 'none') return undefined;
  if (approval.excludeOwner && !hasKnownOwner(requester)) {
    return {
      code: 'owner_unknown',
      message: 'an approver is wanted who is not your owner, and you have no known owner',
      suggestion: 'Have an owner set for you at the identity provider or in the issuer document.',
    };
  }
  return known && whyNobodyApproves({ name, approval }, partiesOf(requester, terms), known);
}
