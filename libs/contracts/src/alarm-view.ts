import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { SeenCall, UnrecordedReason } from './audit-events.js';
import { oneLine } from './one-line.js';

const raised = {
  id: z.string(),
  raisedAt: Instant,
  /** Absent until a human has said that they know of it. */
  review: z.strictObject({ by: z.string(), at: Instant, comment: z.string() }).optional(),
};

/** A time in which the record was not sealed. */
export const SealingAlarmView = z.strictObject({
  ...raised,
  reason: z.literal('sealing_stopped'),
  stream: z.string(),
  since: Instant,
  /** What was in the way. */
  code: z.string(),
  /** Absent while it lasts. */
  resumedAt: Instant.optional(),
});
export type SealingAlarmView = z.infer<typeof SealingAlarmView>;

/** A call that a cluster saw and the record does not explain. */
export const CallAlarmView = z.strictObject({
  ...raised,
  connection: ConnectionName,
  reason: UnrecordedReason,
  auditId: z.string(),
  commandId: z.uuid().optional(),
  call: SeenCall,
  andMore: z.boolean().optional(),
});
export type CallAlarmView = z.infer<typeof CallAlarmView>;

/** An alarm as `GET /v1/audit/alarms` shows it. */
export const AlarmView = z.union([CallAlarmView, SealingAlarmView]);
export type AlarmView = z.infer<typeof AlarmView>;

/** Body of `POST /v1/audit/alarms/:id/review`. */
export const AlarmReviewInput = z.strictObject({ comment: oneLine(500) });
export type AlarmReviewInput = z.infer<typeof AlarmReviewInput>;

/** Answer of `POST /v1/audit/alarms/:id/review`. */
export const AlarmReviewed = z.strictObject({ id: z.string() });
export type AlarmReviewed = z.infer<typeof AlarmReviewed>;

/** The newest first. */
export const AlarmPage = z.strictObject({
  items: z.array(AlarmView),
  /** There are older ones; `until` finds them. */
  more: z.boolean(),
});
export type AlarmPage = z.infer<typeof AlarmPage>;

/** A command that was forwarded and that the log of its cluster does not have. */
export const UnseenCommand = z.strictObject({
  commandId: z.uuid(),
  receivedAt: Instant,
  connection: ConnectionName,
  /** Subject. */
  agent: z.string(),
  verb: z.string(),
  path: z.string(),
  outcome: z.string(),
  statusCode: z.int().optional(),
});
export type UnseenCommand = z.infer<typeof UnseenCommand>;

/** `GET /v1/audit/unseen`, the newest first. */
export const UnseenPage = z.strictObject({
  items: z.array(UnseenCommand),
  more: z.boolean(),
  /** Whether there is anything of that log in the time that was asked for; without it every command is unseen. */
  logSeen: z.boolean(),
});
export type UnseenPage = z.infer<typeof UnseenPage>;
