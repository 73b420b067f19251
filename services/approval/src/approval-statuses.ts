import type { HoldDecisionRefusal } from '@drawbridge/holds';
import type { ClockSkewed } from '@drawbridge/jetstream';
import type { StatusTable } from '@drawbridge/runtime';
import type { StopRefusal } from '@drawbridge/stops';
import type { ApprovalRefusal } from './domain/approval-refused.js';
import type { OfferRefusal } from './domain/offer-extension.js';
import type { RevocationRefusal } from './domain/revocation.js';
import type { ReviewRefusal } from './domain/review.js';
import type { TargetRefusal } from './domain/target-unknown.js';
import type { StepUpFailure } from './step-up/step-up-failed.js';
import type { CallbackRefusal } from './webhooks/callback-refused.js';
import type { DeadLetterRefusal } from './webhooks/dead-letters.js';
import type { WebhookFailed } from './webhooks/webhook.js';

/** HTTP status of every refusal of this service; all are in docs/errors.md. */
export const approvalStatuses: StatusTable = {
  approver_not_human: 403,
  approver_not_in_group: 403,
  approver_email_unknown: 403,
  self_approval: 403,
  owner_approval: 403,
  owner_unknown: 422,
  no_approval_required: 409,
  sponsor_approval: 403,
  behalf_approval: 403,
  step_up_required: 401,
  step_up_too_old: 401,
  step_up_too_weak: 401,
  step_up_not_possible: 503,
  step_up_state_invalid: 400,
  step_up_login_failed: 403,
  issuer_unavailable: 503,
  approval_not_given: 409,
  seat_not_needed: 409,
  step_not_open: 409,
  terms_changed: 409,
  narrowing_widens: 422,
  narrowing_not_possible: 409,
  too_many_take_backs: 429,
  too_many_questions: 429,
  approval_unknown: 404,
  request_not_pending: 409,
  approval_too_late: 409,
  hold_unknown: 404,
  hold_not_open: 409,
  hold_too_late: 409,
  admins_only: 403,
  connection_unknown: 404,
  agent_unknown: 404,
  session_not_running: 409,
  revocation_not_allowed: 403,
  grant_not_open: 409,
  ticket_wrong: 409,
  dead_letter_unknown: 404,
  dead_letter_unreadable: 409,
  webhook_unknown: 409,
  webhook_refused: 502,
  webhook_secret_unusable: 503,
  callback_signature_invalid: 401,
  callback_too_old: 401,
  callback_unreadable: 422,
  too_many_callbacks: 429,
  review_unknown: 404,
  reviewer_not_allowed: 403,
  review_not_open: 409,
  extension_offer_not_allowed: 403,
  extension_pending: 409,
  too_many_rounds: 429,
  clock_skewed: 503,
} satisfies Record<
  | ApprovalRefusal
  | HoldDecisionRefusal
  | StopRefusal
  | TargetRefusal
  | RevocationRefusal
  | ReviewRefusal
  | OfferRefusal
  | StepUpFailure
  | CallbackRefusal
  | DeadLetterRefusal
  | Exclude<WebhookFailed['code'], 'webhook_given_up'>
  | ClockSkewed['code'],
  number
>;
