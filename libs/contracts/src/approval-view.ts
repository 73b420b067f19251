import { z } from 'zod';
import {
  AccessTerms,
  ApprovalRequirement,
  Cut,
  Instant,
  PolicyReference,
  RequestId,
  Risk,
} from './access-request.js';
import { AccessStatus } from './access-view.js';
import { oneLine } from './one-line.js';
import { Principal } from './principal.js';

const remark = oneLine(500);

/** Body of `POST /v1/access-requests/{id}/approve`; may be left out. */
export const ApproveInput = z.strictObject({ comment: remark.optional() });
export type ApproveInput = z.infer<typeof ApproveInput>;

/** Body of `POST /v1/access-requests/{id}/deny`; may be left out. The requester reads the reason. */
export const DenyInput = z.strictObject({ reason: remark.optional() });
export type DenyInput = z.infer<typeof DenyInput>;

/** What an approver needs to judge an access request, as the approval API shows it. */
export const ApprovalView = z.strictObject({
  id: RequestId,
  status: AccessStatus,
  /** Sequence of the newest event folded in; grows with each change. */
  revision: z.int(),
  requester: Principal,
  terms: AccessTerms,
  /** The rules in plain words, the most dangerous first. */
  plainWords: z.array(z.string()),
  cuts: z.array(Cut),
  risk: Risk,
  policy: PolicyReference,
  approval: ApprovalRequirement.optional(),
  decideBy: Instant.optional(),
  approvals: z.array(
    z.strictObject({
      /** E-mail address, or the subject of who has none. */
      approver: z.string(),
      via: z.string(),
      at: Instant,
      comment: z.string().optional(),
    }),
  ),
});
export type ApprovalView = z.infer<typeof ApprovalView>;

/** `GET /v1/approvals`: what the caller may decide and has not approved yet, the most urgent first. */
export const WaitingApprovals = z.strictObject({
  items: z.array(ApprovalView),
  /** How many wait, those left out of `items` included. */
  total: z.int(),
});
export type WaitingApprovals = z.infer<typeof WaitingApprovals>;
