import { AppError } from '@drawbridge/kernel';
import type { HoldApproverRefusal } from './hold-approver.js';

/** Why a human's decision on a hold is not taken. */
export type HoldDecisionRefusal =
  HoldApproverRefusal | 'hold_unknown' | 'hold_not_open' | 'hold_too_late';

/** Why a call cannot be held, so that it is refused at once. */
export type HoldingRefusal =
  'hold_undecidable' | 'hold_too_large' | 'hold_limit_reached' | 'hold_grant_ended';

/** Why a held call is not let through. */
export type ReleaseRefusal =
  | 'hold_pending'
  | 'hold_denied'
  | 'hold_lapsed'
  | 'hold_cancelled'
  | 'hold_expired'
  | 'hold_used'
  | 'hold_call_changed'
  | 'hold_grant_ended';

export type HoldRefusal = HoldDecisionRefusal | HoldingRefusal | ReleaseRefusal;

/** A hold, a decision on it or its release is refused; nothing was appended. The message may be shown. */
export class HoldRefused extends AppError<HoldRefusal> {}

/** With what a proxy answers a call that is held, or was. */
export const heldCallStatuses = {
  hold_pending: 429,
  hold_limit_reached: 429,
  hold_denied: 403,
  hold_lapsed: 403,
  hold_cancelled: 403,
  hold_expired: 403,
  hold_used: 403,
  hold_grant_ended: 403,
  hold_undecidable: 403,
  hold_call_changed: 409,
  hold_too_large: 413,
} as const satisfies Record<HoldingRefusal | ReleaseRefusal, number>;
