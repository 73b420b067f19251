import { z } from 'zod';
import {
  AccessTerms,
  ConditionFact,
  Cut,
  Instant,
  MAX_ROUNDS,
  PolicyReference,
  RequestId,
  Risk,
} from './access-terms.js';
import { AccessStatus } from './access-view.js';
import { ApprovalRequirement } from './approval-requirement.js';
import { oneLine } from './one-line.js';
import { Principal } from './principal.js';
import { QuestionView } from './question.js';
import { ResolvedNames } from './requested-rule.js';
import { Rules } from './scope.js';
import { TicketWordView } from './ticket-word.js';

const remark = oneLine(500);

const round = z.int().min(1).max(MAX_ROUNDS);

/** Body of `POST /v1/access-requests/{id}/approve`; may be left out. */
export const ApproveInput = z.strictObject({
  round: round.optional().describe('`round` of the view; default: 1, the request itself'),
  comment: remark.optional(),
  seen: z.int().min(0).max(1000).optional().describe('`termsVersion` of the view; default: 0'),
  step: z.string().max(40).optional().describe('In a sequence; default: the one that is open'),
  durationSeconds: z.int().min(30).max(86_400).optional().describe('A shorter time'),
  rules: Rules.optional().describe('Narrower rules, instead of those of the terms'),
});
export type ApproveInput = z.infer<typeof ApproveInput>;

/** Body of `POST /v1/access-requests/{id}/deny`; may be left out. The requester reads the reason. */
export const DenyInput = z.strictObject({
  reason: remark.optional(),
  round: round.optional().describe('Default: the one that is open'),
});
export type DenyInput = z.infer<typeof DenyInput>;

/** Body of `POST /v1/access-requests/{id}/revoke`. The agent reads the reason. */
export const RevokeInput = z.strictObject({ reason: remark });
export type RevokeInput = z.infer<typeof RevokeInput>;

/** One step of an approval, as it stands. */
export const ApprovalStepView = z.strictObject({
  name: z.string(),
  /** None where a ticket system decides. */
  groups: z.array(z.string()),
  /** Whose word the step is, and of which ticket. */
  ticket: z.strictObject({ webhook: z.string(), id: z.string().optional() }).optional(),
  count: z.int(),
  missing: z.int(),
  /** Whether it can be decided now. */
  isOpen: z.boolean(),
  /** Absent while an earlier step is not done. */
  askedAt: Instant.optional(),
  /** How often its humans were reminded; absent: never. */
  reminders: z.int().optional(),
  /** How many further sets of groups may decide it by now; absent: none. */
  escalations: z.int().optional(),
});
export type ApprovalStepView = z.infer<typeof ApprovalStepView>;

/** What an approver needs to judge an access request, as the approval API shows it. */
export const ApprovalView = z.strictObject({
  id: RequestId,
  status: AccessStatus,
  /** Sequence of the newest event folded in; grows with each change. */
  revision: z.int(),
  requester: Principal,
  /** Set where it is about more time for a grant that runs; `terms.durationSeconds` is that time. */
  extension: z
    .strictObject({
      round: z.int(),
      grantId: z.uuid(),
      startsAt: Instant,
      /** When the grant ends without it. */
      endsAt: Instant,
      requestedBy: z.string(),
    })
    .optional(),
  terms: AccessTerms,
  /** The rules in plain words, the most dangerous first. */
  plainWords: z.array(z.string()),
  cuts: z.array(Cut),
  /** What the selectors and patterns of the request stood for: the rules hold these names. */
  resolved: z.array(ResolvedNames).optional(),
  risk: Risk,
  /** Why a human is asked although the policy has rules for asking nobody. */
  facts: z.array(ConditionFact).optional(),
  policy: PolicyReference,
  /** How often an approver has narrowed the terms; `terms` are the narrowed ones. */
  termsVersion: z.int().min(0).optional(),
  /** What is done and what is missing; only while it can be decided. */
  steps: z.array(ApprovalStepView).optional(),
  approval: ApprovalRequirement.optional(),
  decideBy: Instant.optional(),
  /** Where an approver logs in afresh; only while that is wanted and possible. */
  stepUpUrl: z.url().optional(),
  approvals: z.array(
    z.strictObject({
      /** E-mail address, or the subject of who has none. */
      approver: z.string(),
      via: z.string(),
      at: Instant,
      comment: z.string().optional(),
      step: z.string().optional(),
      /** They gave less than the terms of then. */
      narrowed: z.literal(true).optional(),
      /** From here on it counts no more. */
      voidedAt: Instant.optional(),
    }),
  ),
  /** What ticket systems said, oldest first. */
  tickets: z.array(TicketWordView).optional(),
  /** What approvers asked the requester, oldest first. */
  questions: z.array(QuestionView).optional(),
});
export type ApprovalView = z.infer<typeof ApprovalView>;

/** `GET /v1/approvals`: what the caller may decide and has not approved yet, the most urgent first. */
export const WaitingApprovals = z.strictObject({
  items: z.array(ApprovalView),
  /** How many wait, those left out of `items` included. */
  total: z.int(),
});
export type WaitingApprovals = z.infer<typeof WaitingApprovals>;
