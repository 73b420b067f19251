import type { ApprovalRequirement } from '@drawbridge/contracts';
import type { Standing } from '@drawbridge/scope';
import type { AccessGrant } from './access-grant-state.js';
import type { Circumstances } from './circumstances.js';
import { isStillAgreed } from './lost-people.js';
import type { PolicySet } from './policy-set.js';

type Granted = Extract<AccessGrant, { status: 'granted' }>;

/** What humans have said to a round that stands. */
export interface AgreedRound {
  readonly approval: ApprovalRequirement;
  readonly standing: Standing;
}

/** Whether somebody has lost their say by whom the grant was given, or is open for longer, and its policy minds. */
export function isApproverLost(
  state: Granted,
  policies: PolicySet,
  circumstances: Circumstances,
): boolean {
  // Mostly a say that was valid when it counted is enough.
  const policy = policies.policies.find(({ name }) => name === state.policy.name);
  if (policy?.revokeWithApprover !== true) return false;
  const { approval, standing, extendedBy = [] } = state;
  const first = approval.type === 'none' ? [] : [{ approval, ...(standing && { standing }) }];
  return [...first, ...extendedBy].some((round) => !isStillAgreed(round, policies, circumstances));
}
