import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { event } from './define-event.js';
import { Principal } from './principal.js';
import type { ServiceName } from './service-name.js';

/** SHA-256 in hex. */
const Sha256 = z.string().regex(/^[0-9a-f]{64}$/);

/** Derived from the call, see `holdIdOf` of `@drawbridge/holds`; shaped as a UUID. */
export const HoldId = z.uuid();

/**
 * The canonical call: everything that decides what a call does and on whose behalf, and nothing else. Its
 * digest is what an approver approves.
 */
export const HeldCall = z.object({
  connection: ConnectionName,
  grantId: z.uuid(),
  agent: z.object({ issuer: z.string(), subject: z.string() }),
  policyVersion: z.string().min(1),
  /** The guardrail that holds, `<document>/<rule>`. */
  rule: z.string().min(1).max(256),
  method: z.string(),
  /** As forwarded: re-encoded in the one canonical way, whole. */
  path: z.string().max(131_072),
  /** Raw and without `?`; as forwarded, whole. */
  query: z.string().max(131_072),
  verb: z.string(),
  apiGroup: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  /** Of the body; it decides how a patch is read. `''` without one. */
  contentType: z.string(),
  /** Of the body's bytes, made with a key, so that nobody can guess what is in it; `''` without a body. */
  bodySha256: Sha256.or(z.literal('')),
  /** Of the object that the dry-run started from; `''` when there is none. */
  resourceVersion: z.string().max(256),
});
export type HeldCall = z.infer<typeof HeldCall>;

const line = z.string().max(2000);

/**
 * What a held call would do, as facts to show: masked before they get here, because events are for ever. Limits
 * are what an approver can be shown whole; a call whose effect is larger cannot be held.
 */
export const HoldEffect = z.object({
  /** Of a server-side dry-run; each line begins with `+`, `-` or a space. Absent when there is none. */
  diff: z.array(line).max(4000).optional(),
  /** Why there is no diff, in words. */
  noDiff: line.optional(),
  /** What else it touches: pods, replicas, disruption budgets, dependents. One fact a line. */
  touches: z.array(line).max(50),
  /** What the API server warned of in the dry-run. */
  warnings: z.array(line).max(50),
  /** What the agent did under this grant so far. */
  soFar: z.array(line).max(50),
});
export type HoldEffect = z.infer<typeof HoldEffect>;

/** Who may decide a hold: humans of these groups, never the agent itself, nor anybody who answers for it. */
export const HoldApprovers = z.object({
  groups: z.array(z.string().min(1)).min(1),
  /** How many different humans must say yes; absent: one. A no of any of them is enough. */
  count: z.int().positive().optional(),
});
export type HoldApprovers = z.infer<typeof HoldApprovers>;

/** Why a hold ended without a decision of time or of a human. */
export const HoldCancelReason = z.enum(['client_gone', 'grant_ended', 'policy_changed']);
export type HoldCancelReason = z.infer<typeof HoldCancelReason>;

const decision = { approver: Principal, via: z.enum(['slack', 'http']) };

/**
 * Facts about one held call, oldest first. Subject: `drawbridge.holds.<holdId>`. Each type has one writing
 * service: see {@link holdWriterOf}.
 */
export const HoldEvent = z.discriminatedUnion('type', [
  event('CommandHeld', {
    /** The command that was held first; others with the same call join. */
    commandId: z.uuid(),
    call: HeldCall,
    /** Of `call`, by `callDigest` of `@drawbridge/holds`. */
    digest: Sha256,
    /** How many holds this very call had under this grant before. */
    generation: z.int().min(0),
    agent: Principal,
    accessRequestId: z.uuid(),
    /** What the agent asked the grant for. */
    purpose: z.object({ reason: z.string(), ticket: z.string().optional() }),
    environment: z.string(),
    /** The human for whom the agent has the grant: never one who decides. */
    onBehalfOf: z
      .object({ issuer: z.string(), subject: z.string(), email: z.string().optional() })
      .optional(),
    /** Of the guardrail. */
    reason: z.string(),
    suggestion: z.string().optional(),
    effect: HoldEffect,
    approvers: HoldApprovers,
    decideBy: Instant,
    /** How long after the approval the call may be released; never beyond the grant. */
    approvalSeconds: z.int().positive(),
    grantEndsAt: Instant,
  }),
  /** A human said yes, and more of them are needed. */
  event('HoldEndorsed', { ...decision, comment: z.string().optional(), digest: Sha256 }),
  /** A human said yes, and it is enough. */
  event('HoldApproved', {
    ...decision,
    comment: z.string().optional(),
    /** What was approved; the one who releases compares it with the call at hand. */
    digest: Sha256,
    validUntil: Instant,
  }),
  event('HoldDenied', {
    ...decision,
    reason: z.string().optional(),
    /** Until then the same call is refused without asking again. */
    standsUntil: Instant,
  }),
  event('HoldLapsed', { decideBy: Instant }),
  event('HoldCancelled', { reason: HoldCancelReason }),
  event('CommandReleased', { commandId: z.uuid(), digest: Sha256 }),
  event('HoldExpired', { validUntil: Instant }),
]);
export type HoldEvent = z.infer<typeof HoldEvent>;
export type HoldEventType = HoldEvent['type'];
/** The data of one event type, e.g. `HoldEventData<'CommandHeld'>`. */
export type HoldEventData<Type extends HoldEventType> = Extract<HoldEvent, { type: Type }>['data'];

/** The one service that may append an event type. */
export const holdWriterOf: Readonly<Record<HoldEventType, ServiceName>> = {
  CommandHeld: 'proxy',
  HoldEndorsed: 'approval',
  HoldApproved: 'approval',
  HoldDenied: 'approval',
  HoldLapsed: 'approval',
  HoldCancelled: 'proxy',
  CommandReleased: 'proxy',
  HoldExpired: 'approval',
};
