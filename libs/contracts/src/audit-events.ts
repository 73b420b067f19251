import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { event } from './define-event.js';
import { Principal } from './principal.js';
import type { ServiceName } from './service-name.js';

/**
 * In what way the record of a command was shown: played back in a terminal, followed while it ran, as the body of a
 * request or an answer, taken away as a file, or in parts, around a text that was searched.
 */
export const ViewedHow = z.enum(['cast', 'follow', 'body', 'export', 'search']);
export type ViewedHow = z.infer<typeof ViewedHow>;

/**
 * Why the record does not explain a call that a cluster saw: no command has its id; the command is of another cluster,
 * was refused, was another call, another agent's or at another time; or the cluster saw more calls with the id than
 * were sent. Or nobody can say, since the log of the cluster cannot be read or lacks something.
 */
export const UnrecordedReason = z.enum([
  'no_such_command',
  'other_connection',
  'refused_command',
  'other_call',
  'other_identity',
  'other_time',
  'id_used_again',
  'log_unreadable',
  'log_gap',
]);
export type UnrecordedReason = z.infer<typeof UnrecordedReason>;

/** A call as the API server of a cluster put it into its own log. */
export const SeenCall = z.object({
  /** When the API server received it: UTC, to the microsecond. */
  receivedAt: z.string(),
  user: z.string(),
  impersonatedUser: z.string().optional(),
  verb: z.string(),
  apiGroup: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  /** Without the query. */
  path: z.string(),
  /** HTTP status; absent when the log does not tell. */
  statusCode: z.int().optional(),
  sourceAddresses: z.array(z.string()),
  userAgent: z.string(),
});
export type SeenCall = z.infer<typeof SeenCall>;

/**
 * What audit itself has to say, and nobody else could: who was shown what was recorded, and what clusters saw that was not
 * recorded. Subject: `drawbridge.audit-events.<id>`. Each type has one writing service: see {@link auditWriterOf}.
 */
export const AuditTrailEvent = z.discriminatedUnion('type', [
  /** Stored before the first byte of a recording is shown. */
  event('RecordingViewed', {
    /** Absent: of more than one command of the grant, as a story or a bundle shows them. */
    commandId: z.uuid().optional(),
    /** Absent of a command that no grant allowed. */
    grantId: z.uuid().optional(),
    connection: ConnectionName.optional(),
    viewer: Principal,
    how: ViewedHow,
  }),
  /** Somebody else has the credential of a gateway. */
  event('UnrecordedCallFound', {
    connection: ConnectionName,
    reason: UnrecordedReason,
    /** As the cluster has it; whoever made the call has chosen it. */
    auditId: z.string().max(128),
    /** The command that has this id. */
    commandId: z.uuid().optional(),
    call: SeenCall,
    /** There are more of the same minute than were noted one by one. */
    andMore: z.boolean().optional(),
  }),
  /** The record is not sealed any more: a change of what waits could not be proved. Told once for each outage of a stream. */
  event('SealingStopped', {
    /** The one that waits; empty when the log of checkpoints itself cannot be read. */
    stream: z.string(),
    /** How long the oldest of its messages has waited. */
    since: Instant,
    /** What is in the way; `seal_late` when nothing is known to be. */
    code: z.string().max(128),
  }),
  /** And is again. */
  event('SealingResumed', { stream: z.string(), seconds: z.int().min(0) }),
  /** A human knows of it. */
  event('UnrecordedCallReviewed', { by: Principal, comment: z.string() }),
]);
export type AuditTrailEvent = z.infer<typeof AuditTrailEvent>;
export type AuditTrailEventType = AuditTrailEvent['type'];
/** The data of one event type, e.g. `AuditTrailEventData<'RecordingViewed'>`. */
export type AuditTrailEventData<Type extends AuditTrailEventType> = Extract<
  AuditTrailEvent,
  { type: Type }
>['data'];

/** The one service that may append an event type. */
export const auditWriterOf: Readonly<Record<AuditTrailEventType, ServiceName>> = {
  RecordingViewed: 'audit',
  UnrecordedCallFound: 'audit',
  SealingStopped: 'audit',
  SealingResumed: 'audit',
  UnrecordedCallReviewed: 'audit',
};

/** Types for which somebody is woken. */
export const alarmEventTypes = [
  'UnrecordedCallFound',
  'SealingStopped',
  'SealingResumed',
] as const satisfies AuditTrailEventType[];
export type AlarmEventType = (typeof alarmEventTypes)[number];

export const isAlarmType = (type: string): type is AlarmEventType =>
  alarmEventTypes.some((alarm) => alarm === type);
