import type {
  AccessRequestInput,
  AccessTerms,
  ApprovalRequirement,
  PolicyReference,
  Principal,
} from '@drawbridge/contracts';
import { quorumReached, within } from '@drawbridge/scope';
import { isDenial } from './denial.js';
import { judgeBy } from './judge.js';
import type { PolicySet } from './policy-set.js';

/** A request with the terms that were fixed for it, and the humans who said yes so far. */
export interface FixedRequest {
  readonly requester: Principal;
  readonly request: AccessRequestInput;
  readonly policy: PolicyReference;
  readonly terms: AccessTerms;
  readonly approval: ApprovalRequirement;
  /** Everybody whose approval is in the history, whether it counts or not. */
  readonly approvals: readonly Principal[];
}

/**
 * Why the policies in force would not grant the fixed terms today; `undefined` when they would.
 *
 * Terms never change after they were fixed: what a human approved is what is granted. But they are granted, and
 * stay granted, only while the policy that they came from still allows them and still is content with the
 * approvals that were given.
 */
export function whyNotAllowed(fixed: FixedRequest, set: PolicySet): string | undefined {
  if (set.version === fixed.policy.version) return undefined;
  const { name } = fixed.policy;
  const judged = judgeBy(name, fixed, set);
  if (isDenial(judged)) return judged.message;
  const { policy, terms } = judged;
  if (terms.environment !== fixed.terms.environment) {
    return `connection "${terms.connection}" now belongs to environment "${terms.environment}"`;
  }
  if (terms.durationSeconds < fixed.terms.durationSeconds) {
    return `policy "${name}" now allows at most ${terms.durationSeconds} s`;
  }
  if (!within(fixed.terms.rules, terms.rules)) return `policy "${name}" now allows less`;
  if (!quorumReached(fixed.approvals, policy.approval, fixed.requester)) {
    return `policy "${name}" now wants other approvals`;
  }
  return undefined;
}
