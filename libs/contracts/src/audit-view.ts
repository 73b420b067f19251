import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import {
  ArchiveRecord,
  CommandDecision,
  FileTransferRecord,
  PortFlowRecord,
  RecordedRule,
} from './command-record.js';
import { Principal } from './principal.js';

/**
 * How a command ended. `in_flight`: it was started and nothing is known of its end, because it still runs
 * or because the proxy that ran it died.
 */
export const CommandOutcome = z.enum([
  'in_flight',
  'completed',
  'cut',
  'client_gone',
  'upstream_failed',
  'refused',
]);
export type CommandOutcome = z.infer<typeof CommandOutcome>;

/** One command as `GET /v1/audit/commands` shows it: its start and end, or its refusal, in one. */
export const AuditCommand = z.strictObject({
  id: z.uuid(),
  /** When the gateway received it; what `since`, `until` and the order go by. */
  receivedAt: Instant,
  /** When it was allowed or refused. */
  decidedAt: Instant.optional(),
  endedAt: Instant.optional(),
  connection: ConnectionName,
  grantId: z.uuid().optional(),
  accessRequestId: z.uuid().optional(),
  /** Absent when the token was refused. */
  agent: Principal.optional(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  verb: z.string(),
  apiGroup: z.string(),
  apiVersion: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  clientAddress: z.string(),
  userAgent: z.string(),
  /** Absent while only the end of the command has arrived. */
  decision: CommandDecision.optional(),
  outcome: CommandOutcome,
  /** Why it was cut, e.g. `grant_expired`. */
  outcomeReason: z.string().optional(),
  /** The guardrail that cut it, `<document>/<rule>`. */
  outcomeRule: z.string().optional(),
  /** HTTP status sent to the client; absent while in flight or when none was sent. */
  statusCode: z.int().optional(),
  requestBytes: z.int(),
  responseBytes: z.int(),
  durationMs: z.number(),
  /** Of exec and attach, when the cluster has said it. */
  exitCode: z.int().optional(),
  /** Media type of the body; absent without one, and in records of earlier versions. */
  contentType: z.string().optional(),
  /** Of a delete with a body: whether it asked for a dry-run. Of others the query says it. */
  dryRun: z.boolean().optional(),
  /** Version of the guardrails that judged it; absent when they were not asked. */
  policyVersion: z.string().optional(),
  /** The guardrail that decided, `<document>/<rule>`. */
  rule: z.string().optional(),
  /** All guardrails that it met, the most severe first, `rule` among them; absent when it met none. */
  matched: z.array(RecordedRule).optional(),
  /** The hold that it waited for, was refused by, or was released by. */
  holdId: z.uuid().optional(),
  warnings: z.array(z.string()).optional(),
  /** How many values of the answer were masked. */
  masked: z.int().optional(),
  transfers: z.array(FileTransferRecord).optional(),
  /** What is in the archive of a `cp`. */
  archive: ArchiveRecord.optional(),
  /** Of a port-forward. */
  flows: z.array(PortFlowRecord).optional(),
  /** The guardrails that were met by what was typed in a session. */
  typed: z.array(RecordedRule).optional(),
  /** Positions in the stream COMMANDS of the records this was made of. */
  sequences: z.array(z.int()),
});
export type AuditCommand = z.infer<typeof AuditCommand>;

/** One event as `GET /v1/audit/events` shows it. */
export const AuditEvent = z.strictObject({
  /** Position in the stream ACCESS. */
  sequence: z.int(),
  id: z.uuid(),
  type: z.string(),
  schemaVersion: z.int(),
  accessRequestId: z.string(),
  correlationId: z.string(),
  causationId: z.string(),
  actor: z.strictObject({ kind: z.string(), id: z.string() }),
  at: Instant,
  /** SHA-256 (hex) of the stored bytes, and of those of the request's previous event. */
  hash: z.string(),
  previousHash: z.string().optional(),
  data: z.unknown(),
});
export type AuditEvent = z.infer<typeof AuditEvent>;

/** One event of a held call as `GET /v1/audit/holds` shows it. */
export const AuditHoldEvent = AuditEvent.omit({ accessRequestId: true }).extend({
  /** Position in the stream HOLDS. */
  sequence: z.int(),
  holdId: z.string(),
});
export type AuditHoldEvent = z.infer<typeof AuditHoldEvent>;

/** One event of a stop as `GET /v1/audit/stops` shows it. */
export const AuditStopEvent = AuditEvent.omit({ accessRequestId: true }).extend({
  /** Position in the stream STOPS. */
  sequence: z.int(),
  /** What it is about: `all`, `c_<connection>`, `a_` or `d_` and a hash of the agent, `s_<command id>_<connection>`. */
  key: z.string(),
});
export type AuditStopEvent = z.infer<typeof AuditStopEvent>;

/** One event of what audit itself has to say, as `GET /v1/audit/trail` shows it. */
export const AuditTrailItem = AuditEvent.omit({ accessRequestId: true }).extend({
  /** Position in the stream AUDIT. */
  sequence: z.int(),
  /** What it is about: its own id, or the same for everything that was said about one alarm. */
  key: z.string(),
});
export type AuditTrailItem = z.infer<typeof AuditTrailItem>;

const page = <Item extends z.ZodType>(item: Item) =>
  z.strictObject({
    items: z.array(item),
    /** Goes into `cursor` of the next call; absent on the last page. */
    nextCursor: z.string().optional(),
  });
export const AuditCommandPage = page(AuditCommand);
export type AuditCommandPage = z.infer<typeof AuditCommandPage>;
export const AuditEventPage = page(AuditEvent);
export type AuditEventPage = z.infer<typeof AuditEventPage>;
export const AuditHoldEventPage = page(AuditHoldEvent);
export type AuditHoldEventPage = z.infer<typeof AuditHoldEventPage>;
export const AuditStopEventPage = page(AuditStopEvent);
export type AuditStopEventPage = z.infer<typeof AuditStopEventPage>;
export const AuditTrailPage = page(AuditTrailItem);
export type AuditTrailPage = z.infer<typeof AuditTrailPage>;
