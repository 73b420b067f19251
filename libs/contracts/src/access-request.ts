import { z } from 'zod';
import { StepsRequirement } from './approval-steps.js';
import { oneLine } from './one-line.js';
import { Principal } from './principal.js';
import { RequestedScope, Rules } from './scope.js';

export const Instant = z.iso.datetime().describe('UTC, RFC 3339');
export const ConnectionName = z
  .string()
  .max(63)
  .regex(/^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/, 'expected a DNS label');
export const RequestId = z.uuid();

/** Body of `POST /v1/access-requests`. */
export const AccessRequestInput = z.strictObject({
  connection: ConnectionName,
  scope: RequestedScope,
  durationSeconds: z.int().min(30).max(86_400).describe('How long the grant should be open'),
  reason: oneLine(1000),
  ticket: oneLine(64).optional(),
});
export type AccessRequestInput = z.infer<typeof AccessRequestInput>;

/** Who must say yes before a grant is issued. */
export const ApprovalRequirement = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('none') }),
  z.strictObject({
    type: z.literal('humans'),
    count: z.int().min(1).max(10),
    groups: z.array(z.string().min(1)).min(1),
    excludeOwner: z.boolean(),
    timeoutSeconds: z.int().min(30).max(604_800),
  }),
  StepsRequirement,
]);
export type ApprovalRequirement = z.infer<typeof ApprovalRequirement>;

/** What may be granted; fixed when the request is validated. */
export const AccessTerms = z.strictObject({
  connection: ConnectionName,
  environment: z.string().min(1),
  action: z.string().optional(),
  parameters: z.record(z.string(), z.string()).optional(),
  rules: Rules,
  durationSeconds: z.int().positive(),
  reason: z.string(),
  ticket: z.string().optional(),
});
export type AccessTerms = z.infer<typeof AccessTerms>;

/** Which policy decided, so that the decision can be judged again later. */
export const PolicyReference = z.strictObject({
  name: z.string().min(1),
  /** SHA-256 (hex, 12 first characters) of the whole policy set in force. */
  version: z.string().min(1),
});
export type PolicyReference = z.infer<typeof PolicyReference>;

/** One thing policy gave less of than was asked. */
export const Cut = z.strictObject({
  field: z.string(),
  asked: z.string(),
  granted: z.string(),
  why: z.string(),
});
export type Cut = z.infer<typeof Cut>;

export const Risk = z.strictObject({
  level: z.enum(['low', 'medium', 'high']),
  reasons: z.array(z.string()),
});
export type Risk = z.infer<typeof Risk>;

const approver = { approver: Principal, via: z.enum(['slack', 'http']) };

/** What an approver takes away from the terms; whoever cannot read it must not read the approval either. */
const Narrowing = z.strictObject({
  durationSeconds: z.int().positive().optional(),
  rules: Rules.optional(),
});

const event = <Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), data: z.object(shape) });

/**
 * Facts about one access request and its grant, oldest first. Subject: `drawbridge.access.<requestId>`.
 * Each type has one writing service: see {@link writerOf}.
 */
export const AccessEvent = z.discriminatedUnion('type', [
  event('AccessRequested', {
    requester: Principal,
    request: AccessRequestInput,
    /** SHA-256 of the request; a repeated idempotency key must bring the same one. */
    digest: z.string(),
  }),
  event('AccessRequestWithdrawn', { by: Principal }),
  event('AccessRequestValidated', {
    policy: PolicyReference,
    requester: Principal,
    terms: AccessTerms,
    cuts: z.array(Cut),
    approval: ApprovalRequirement,
    risk: Risk,
  }),
  event('AccessRequestDenied', {
    policy: PolicyReference.optional(),
    code: z.string(),
    message: z.string(),
    /** What to ask for instead, in words. */
    suggestion: z.string().optional(),
  }),
  event('ApprovalRequested', {
    approval: ApprovalRequirement,
    /** The request lapses at this instant when nobody has decided. */
    decideBy: Instant,
  }),
  event('ApprovalGiven', {
    ...approver,
    comment: z.string().optional(),
    /** How often the terms had been narrowed when they were shown; absent: never. */
    seen: z.int().min(0).optional(),
    /** Only in a sequence: the step that was open. */
    step: z.string().optional(),
    /** Only under an approval in steps: who cannot read steps would not see that it takes something away. */
    narrow: Narrowing.optional(),
  }),
  event('ApprovalDenied', { ...approver, reason: z.string().optional() }),
  event('ApprovalVoided', {
    /** As in the approval that counts no more. */
    approver: Principal,
    reason: z.enum(['taken_back', 'left_group', 'disabled']),
  }),
  event('AccessRequestApproved', { approvers: z.array(Principal).min(1) }),
  event('AccessRequestRejected', { by: Principal, reason: z.string().optional() }),
  event('AccessRequestLapsed', { decideBy: Instant }),
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
  event('GrantRevoked', { grantId: z.uuid(), by: Principal.optional(), reason: z.string() }),
  event('GrantExpired', { grantId: z.uuid(), endsAt: Instant }),
]);
export type AccessEvent = z.infer<typeof AccessEvent>;
export type AccessEventType = AccessEvent['type'];
/** The data of one event type, e.g. `AccessEventData<'GrantIssued'>`. */
export type AccessEventData<Type extends AccessEventType> = Extract<
  AccessEvent,
  { type: Type }
>['data'];

export type ServiceName = 'identity' | 'policy' | 'approval' | 'proxy' | 'audit';

/** The one service that may append an event type. */
export const writerOf: Readonly<Record<AccessEventType, ServiceName>> = {
  AccessRequested: 'identity',
  AccessRequestWithdrawn: 'identity',
  AccessRequestValidated: 'policy',
  AccessRequestDenied: 'policy',
  ApprovalRequested: 'approval',
  ApprovalGiven: 'approval',
  ApprovalDenied: 'approval',
  ApprovalVoided: 'approval',
  AccessRequestApproved: 'approval',
  AccessRequestRejected: 'approval',
  AccessRequestLapsed: 'approval',
  GrantIssued: 'policy',
  GrantRevoked: 'policy',
  GrantExpired: 'policy',
};
