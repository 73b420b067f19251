import { z } from 'zod';
import { Instant } from './access-terms.js';
import { HeldCall, HoldApprovers, HoldCancelReason, HoldEffect, HoldId } from './hold.js';
import { Principal } from './principal.js';

/**
 * Where a hold stands. `open` waits for a human; `approved` waits for its call to come (again); all others are
 * final, and only in `released` was the call let through, once.
 */
export const HoldStatus = z.enum([
  'open',
  'approved',
  'denied',
  'lapsed',
  'cancelled',
  'released',
  'expired',
]);
export type HoldStatus = z.infer<typeof HoldStatus>;

const HoldDecisionView = z.strictObject({
  /** E-mail address, or the subject of who has none. */
  by: z.string(),
  via: z.string(),
  at: Instant,
  /** Comment of an approval, reason of a denial. */
  remark: z.string().optional(),
});

/** A hold as the approval API shows it: the fold of its events. */
export const HoldView = z.strictObject({
  id: HoldId,
  status: HoldStatus,
  /** Sequence of the newest event folded in; grows with each change. */
  revision: z.int(),
  heldAt: Instant,
  agent: Principal,
  accessRequestId: z.uuid(),
  purpose: z.strictObject({ reason: z.string(), ticket: z.string().optional() }),
  environment: z.string(),
  call: HeldCall,
  digest: z.string(),
  /** The call in plain words. */
  plainWords: z.string(),
  reason: z.string(),
  suggestion: z.string().optional(),
  /** Left out where many holds are listed. */
  effect: HoldEffect.optional(),
  approvers: HoldApprovers,
  decideBy: Instant,
  /** Until when an approved call may be released. */
  validUntil: Instant.optional(),
  /** Who said yes while more were needed, oldest first. */
  endorsements: z.array(HoldDecisionView).optional(),
  /** How many different humans have to say yes still; absent when it is not open. */
  missing: z.int().positive().optional(),
  /** What it came to. */
  decision: HoldDecisionView.optional(),
  endedAt: Instant.optional(),
  cancelReason: HoldCancelReason.optional(),
  /** The command that was let through. */
  releasedCommandId: z.uuid().optional(),
});
export type HoldView = z.infer<typeof HoldView>;

/** `GET /v1/holds`: what the caller may decide now, the most urgent first. */
export const WaitingHolds = z.strictObject({
  items: z.array(HoldView),
  /** How many wait, those left out of `items` included. */
  total: z.int(),
});
export type WaitingHolds = z.infer<typeof WaitingHolds>;
