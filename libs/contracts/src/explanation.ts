import { z } from 'zod';
import {
  AccessRequestInput,
  AccessTerms,
  Alternative,
  ConditionFact,
  Cut,
  PolicyReference,
  Risk,
} from './access-terms.js';
import { ApprovalRequirement } from './approval-requirement.js';
import { StepUp, StepUpProof } from './approval-steps.js';
import { Behalf, Principal } from './principal.js';
import { ResolvedNames } from './requested-rule.js';

/** What identity asks policy: what it would say to this request now. */
export const ExplainInput = z.strictObject({
  requester: Principal,
  request: AccessRequestInput,
  /** The login it is asked with. */
  proof: StepUpProof.optional(),
  behalf: Behalf.optional(),
});
export type ExplainInput = z.infer<typeof ExplainInput>;

/** What policy would say to a request if it were made now. Nothing is recorded, nobody is asked. */
export const Explanation = z.discriminatedUnion('verdict', [
  z.strictObject({
    verdict: z.literal('validated'),
    policy: PolicyReference,
    requester: Principal,
    terms: AccessTerms,
    cuts: z.array(Cut),
    approval: ApprovalRequirement,
    risk: Risk,
    autoApproved: z.string().optional(),
    facts: z.array(ConditionFact).optional(),
    alternative: Alternative.optional(),
    resolved: z.array(ResolvedNames).optional(),
    behalfPolicy: PolicyReference.optional(),
  }),
  z.strictObject({
    verdict: z.literal('denied'),
    policy: PolicyReference.optional(),
    code: z.string(),
    message: z.string(),
    suggestion: z.string().optional(),
    alternative: Alternative.optional(),
    /** The login that it takes to ask for it. */
    stepUp: StepUp.optional(),
  }),
]);
export type Explanation = z.infer<typeof Explanation>;
