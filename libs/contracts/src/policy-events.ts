import { z } from 'zod';
import {
  AccessTerms,
  Alternative,
  ConditionFact,
  Cut,
  ExtensionRound,
  Instant,
  PolicyReference,
  Risk,
} from './access-terms.js';
import { ApprovalRequirement } from './approval-requirement.js';
import { StepUp } from './approval-steps.js';
import { event } from './define-event.js';
import { Principal } from './principal.js';
import { ResolvedNames } from './requested-rule.js';

/** What only the policy service may append about an access request. */
export const policyEvents = [
  event('AccessRequestValidated', {
    policy: PolicyReference,
    requester: Principal,
    terms: AccessTerms,
    cuts: z.array(Cut),
    approval: ApprovalRequirement,
    risk: Risk,
    /** The rule by which nobody is asked, where the policy would ask somebody. */
    autoApproved: z.string().optional(),
    /** What was found of the conditions under which nobody is asked. */
    facts: z.array(ConditionFact).optional(),
    alternative: Alternative.optional(),
    /** What the selectors and patterns of the request stood for: the terms hold these names. */
    resolved: z.array(ResolvedNames).optional(),
    /** The policy by which the human may have it on whose behalf it is asked. */
    behalfPolicy: PolicyReference.optional(),
  }),
  event('AccessRequestDenied', {
    policy: PolicyReference.optional(),
    code: z.string(),
    message: z.string(),
    /** What to ask for instead, in words. */
    suggestion: z.string().optional(),
    alternative: Alternative.optional(),
    /** The login that it takes to ask for it. */
    stepUp: StepUp.optional(),
  }),
  event('GrantIssued', {
    grantId: z.uuid(),
    policy: PolicyReference,
    grantee: Principal,
    terms: AccessTerms,
    approvers: z.array(Principal),
    /** The groups by which the policy covers the grantee; a token must still name one. Absent: not known. */
    requiredGroups: z.array(z.string()).optional(),
    startsAt: Instant,
    endsAt: Instant,
  }),
  event('ExtensionValidated', {
    round: ExtensionRound,
    policy: PolicyReference,
    seconds: z.int().positive(),
    /** In steps, or nobody: whoever cannot read steps must not read it. */
    approval: ApprovalRequirement,
    risk: Risk,
    autoApproved: z.string().optional(),
    facts: z.array(ConditionFact).optional(),
  }),
  event('ExtensionDenied', {
    round: ExtensionRound,
    policy: PolicyReference.optional(),
    code: z.string(),
    message: z.string(),
    suggestion: z.string().optional(),
  }),
  /** The grant ends later than it said so far, and is the same otherwise. */
  event('GrantExtended', {
    grantId: z.uuid(),
    round: ExtensionRound,
    endsAt: Instant,
    approvers: z.array(Principal),
  }),
  event('GrantRevoked', {
    grantId: z.uuid(),
    by: Principal.optional(),
    reason: z.string(),
    /** What ended it, for programs; absent in what was recorded before there were others. */
    cause: z
      .enum(['withdrawn', 'ordered', 'policy', 'stop', 'disabled', 'group_lost', 'approver_lost'])
      .optional(),
  }),
  event('GrantExpired', { grantId: z.uuid(), endsAt: Instant }),
  /** The grant is over before its time, as its own terms say. */
  event('GrantEnded', { grantId: z.uuid(), cause: z.enum(['used_up', 'idle']) }),
] as const;
