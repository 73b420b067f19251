import { AppError } from '@drawbridge/kernel';
import type { ApproverRefusal } from '@drawbridge/scope';

/** Why a human's decision on a hold is not taken. */
export type HoldDecisionRefusal =
  ApproverRefusal | 'hold_unknown' | 'hold_not_open' | 'hold_too_late';

/** Why a call cannot be held, so that it is refused at once. */
export type HoldingRefusal =
  'hold_undecidable' | 'hold_too_large' | 'hold_limit_reached' | 'hold_grant_ended';

/** Why a held call is not let through. */
export type ReleaseRefusal =
  | 'hold_unknown'
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
