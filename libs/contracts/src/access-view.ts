import { z } from 'zod';
import {
  AccessRequestInput,
  AccessTerms,
  Alternative,
  ConditionFact,
  Cut,
  Instant,
  PolicyReference,
  RequestId,
  Risk,
} from './access-terms.js';
import { ApprovalRequirement } from './approval-requirement.js';
import { ReviewVerdict } from './break-glass.js';
import { Principal } from './principal.js';
import { QuestionView } from './question.js';
import { ResolvedNames } from './requested-rule.js';
import { TicketWordView } from './ticket-word.js';

/**
 * Where an access request stands. `requested`, `pending` and `approved` can still change into `granted`;
 * `granted` is the only one in which the bridge is down; all others are final.
 */
export const AccessStatus = z.enum([
  'requested',
  'pending',
  'approved',
  'granted',
  'denied',
  'rejected',
  'lapsed',
  'withdrawn',
  'expired',
  'revoked',
]);
export type AccessStatus = z.infer<typeof AccessStatus>;

/** Where the newest wish for more time stands; all but the first three are final. */
export const ExtensionStatus = z.enum([
  'requested',
  'pending',
  'approved',
  'extended',
  'denied',
  'rejected',
  'lapsed',
]);
export type ExtensionStatus = z.infer<typeof ExtensionStatus>;

/** More time that was asked for while the grant ran. */
export const ExtensionView = z.strictObject({
  round: z.int(),
  /** How much longer. */
  seconds: z.int(),
  reason: z.string(),
  requestedBy: z.string(),
  status: ExtensionStatus,
  decideBy: Instant.optional(),
  approvals: z.array(z.strictObject({ approver: z.string(), via: z.string(), at: Instant })),
  /** Why there is no more time. */
  refusal: z
    .strictObject({ code: z.string(), message: z.string(), suggestion: z.string().optional() })
    .optional(),
});
export type ExtensionView = z.infer<typeof ExtensionView>;

/** An access request as the HTTP API shows it: the fold of its events. */
export const AccessRequestView = z.strictObject({
  id: RequestId,
  status: AccessStatus,
  /** Sequence of the newest event folded in; grows with each change. Also the SSE event id. */
  revision: z.int(),
  requester: Principal,
  request: AccessRequestInput,
  requestedAt: Instant,
  policy: PolicyReference.optional(),
  /** The policy by which the human may have it on whose behalf it is asked. */
  behalfPolicy: PolicyReference.optional(),
  terms: AccessTerms.optional(),
  cuts: z.array(Cut).optional(),
  risk: Risk.optional(),
  autoApproved: z.string().optional(),
  facts: z.array(ConditionFact).optional(),
  /** What to ask for instead, so that nobody has to be asked. */
  alternative: Alternative.optional(),
  /** What the selectors and patterns of `request` stood for when it was judged. */
  resolved: z.array(ResolvedNames).optional(),
  approval: ApprovalRequirement.optional(),
  decideBy: Instant.optional(),
  approvals: z.array(z.strictObject({ approver: z.string(), via: z.string(), at: Instant })),
  /** What ticket systems said, oldest first. */
  tickets: z.array(TicketWordView).optional(),
  /** When the humans of which step were last reminded. */
  reminded: z.strictObject({ step: z.string(), at: Instant }).optional(),
  /** Steps that further groups were asked about, the oldest first. */
  escalations: z.array(z.strictObject({ step: z.string(), at: Instant })).optional(),
  /** What approvers asked the requester, oldest first. */
  questions: z.array(QuestionView).optional(),
  /** Why it was denied, rejected, lapsed or revoked, and what to ask instead. */
  refusal: z
    .strictObject({ code: z.string(), message: z.string(), suggestion: z.string().optional() })
    .optional(),
  /** Where nobody approved before: what became of the review afterwards. */
  review: z
    .strictObject({
      dueBy: Instant,
      completed: z
        .strictObject({ by: z.string(), verdict: ReviewVerdict, note: z.string() })
        .optional(),
    })
    .optional(),
  grant: z
    .strictObject({ id: z.uuid(), startsAt: Instant, endsAt: Instant, endedAt: Instant.optional() })
    .optional(),
  extension: ExtensionView.optional(),
});
export type AccessRequestView = z.infer<typeof AccessRequestView>;

/** `GET /.well-known/drawbridge` of the ingress: where the parts are, so that a CLI needs one address. */
export const DrawbridgeDiscovery = z.strictObject({
  ingress: z.url(),
  approvals: z.url(),
  audit: z.url(),
  /** Base address of the proxy; a connection is at `<gateway>/connections/<name>`. */
  gateway: z.url(),
  /** PEM certificates that the gateway's TLS certificate chains to. */
  gatewayCertificateAuthority: z.string().optional(),
  issuers: z.array(
    z.strictObject({
      issuer: z.url(),
      /** Public client for the device flow of humans, when the issuer has humans. */
      deviceClientId: z.string().optional(),
      audience: z.string(),
      scope: z.string().optional(),
    }),
  ),
});
export type DrawbridgeDiscovery = z.infer<typeof DrawbridgeDiscovery>;

/** RFC 9457 problem document: every refusal of an HTTP API of ours. */
export const Problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.string(),
  detail: z.string(),
  /** One entry per bad field: where it is (JSON pointer into the body, or `query.x`), what was expected. */
  errors: z.array(z.object({ field: z.string(), message: z.string() })).optional(),
  requestId: z.string().optional(),
});
export type Problem = z.infer<typeof Problem>;
