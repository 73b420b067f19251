import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { GuardrailAction } from './guardrail.js';
import { Principal } from './principal.js';

/**
 * The record of Kubernetes API calls, on stream `COMMANDS`. A message holds many, one JSON text a line, with the header
 * `Content-Type: application/x-ndjson`, on a subject of the gateway that wrote it, `drawbridge.commands._batch.<id>`. A
 * message without that header holds one, on `drawbridge.commands.<connection>.<grant id or "refused">`: none are
 * written any more, but they are read for ever.
 *
 * A forwarded command has a `CommandStarted` (acknowledged before it is forwarded, or, when it is a get or a list of
 * objects, before it is answered) and a `CommandEnded`; a refused one
 * has a `CommandRefused` only, and one that was refused because its start was not acknowledged in time has both halves.
 * `grantId` of a refusal is the grant that it has to do with, if there is one.
 */
const ruleName = z.string().max(256).describe('`<document>/<rule>` of a guardrail');

/** A guardrail that a call met. */
export const RecordedRule = z.object({
  rule: ruleName,
  action: GuardrailAction,
  /** Code of the doubt, when it is met only because it cannot be said that it is not. */
  doubt: z.string().max(64).optional(),
});
export type RecordedRule = z.infer<typeof RecordedRule>;

/** A file that went through a channel, as far as its command tells: `kubectl cp` and what looks like it. */
export const FileTransferRecord = z.object({
  direction: z.enum(['upload', 'download']),
  path: z.string().max(1024),
  /** Of the channel's data in that direction: the archive, not the file. */
  bytes: z.int().min(0),
  /** Of the archive as it left the gateway, in hex; absent in records of earlier versions. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
});
export type FileTransferRecord = z.infer<typeof FileTransferRecord>;

/** Something in an archive that went through a channel; directories are left out. */
export const ArchivedFileRecord = z.object({
  /** As whoever unpacks it calls it, masked; of a longer one the beginning and `…`. */
  path: z.string().max(512),
  kind: z.enum(['file', 'link', 'other']),
  /** As the archive says. */
  bytes: z.int().min(0),
  /** Of its content, in hex; absent of what has none or did not come whole. */
  sha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .optional(),
  /** Bytes that came, when that is not all. */
  received: z.int().min(0).optional(),
});
export type ArchivedFileRecord = z.infer<typeof ArchivedFileRecord>;

/** What is in the archive of a `kubectl cp`. */
export const ArchiveRecord = z.object({
  direction: z.enum(['upload', 'download']),
  /** In their order. */
  files: z.array(ArchivedFileRecord).max(64),
  /** So many more are not listed; the recording has them. */
  more: z.int().positive().optional(),
  /** From this byte on it is no tar archive, or is compressed: what is in it there is not known. */
  unreadFrom: z.int().min(0).optional(),
});
export type ArchiveRecord = z.infer<typeof ArchiveRecord>;

/** What went through a forwarded port. */
export const PortFlowRecord = z.object({
  port: z.int().min(1).max(65_535),
  /** TCP connections that the client opened to it. */
  connections: z.int().min(0),
  /** Bytes to the pod. */
  sent: z.int().min(0),
  /** Bytes from the pod. */
  received: z.int().min(0),
});
export type PortFlowRecord = z.infer<typeof PortFlowRecord>;

/** What the guardrails said of a call; absent when they were not asked, and in records of earlier versions. */
const guard = {
  /** Of all guardrail documents together. */
  policyVersion: z.string().max(128).optional(),
  /** The one that decided; absent when none was met. */
  rule: ruleName.optional(),
  /** All that were met, the most severe first, `rule` among them; absent when none was. */
  matched: z.array(RecordedRule).max(64).optional(),
  /** The hold that it waits for, was refused by, or was released by. */
  holdId: z.uuid().optional(),
  /** `Warning`s that the gateway added, as sent. */
  warnings: z.array(z.string().max(1024)).max(16).optional(),
};

/** What no column can hold is not taken for something else: such a record is parked as it is. */
const status = z.int().min(0).max(65_535);

const call = {
  commandId: z.uuid().describe('UUIDv7; sent upstream as Audit-ID and shown to the caller'),
  connection: ConnectionName,
  at: Instant,
  agent: Principal.optional().describe('absent only when the token was refused'),
  grantId: z.uuid().optional(),
  accessRequestId: z.uuid().optional(),
  method: z.string(),
  /** Path without the connection prefix, cut to 2048 characters. */
  path: z.string().max(2048),
  /** Raw query, cut to 2048 characters. */
  query: z.string().max(2048),
  verb: z.string(),
  apiGroup: z.string(),
  apiVersion: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  clientAddress: z.string(),
  userAgent: z.string().max(256),
  /** Media type of the body in lower case, without parameters; absent without a body. */
  contentType: z.string().max(128).optional(),
  /** Of a delete with a body, which alone says it: whether it was judged as a dry-run. Of others the query does. */
  dryRun: z.boolean().optional(),
  ...guard,
};

/** Why a command was allowed or refused. */
export const CommandDecision = z.strictObject({
  effect: z.enum(['allow', 'deny']),
  /** Stable code, listed in docs/errors.md when it is a refusal. */
  reason: z.string(),
  message: z.string(),
});
export type CommandDecision = z.infer<typeof CommandDecision>;

export const CommandRecord = z.discriminatedUnion('type', [
  z.object({ type: z.literal('CommandStarted'), ...call, decision: CommandDecision }),
  z.object({
    type: z.literal('CommandRefused'),
    ...call,
    decision: CommandDecision,
    statusCode: status,
  }),
  z.object({
    type: z.literal('CommandEnded'),
    commandId: z.uuid(),
    connection: ConnectionName,
    grantId: z.uuid(),
    at: Instant,
    /**
     * `completed`: the whole answer was delivered. `cut`: ended by us (`reason` says why: grant_expired,
     * grant_revoked, …). `client_gone` and `upstream_failed`: ended by the other sides.
     */
    outcome: z.enum(['completed', 'cut', 'client_gone', 'upstream_failed']),
    reason: z.string().optional(),
    /** HTTP status sent to the client; 0 when none was. */
    statusCode: status,
    requestBytes: z.int().min(0),
    responseBytes: z.int().min(0),
    durationMs: z.number().min(0),
    exitCode: z.int32().optional().describe('of exec and attach, when the cluster has said it'),
    /** How many values of the answer were masked; absent when nothing was looked at. */
    masked: z.uint32().optional(),
    transfers: z.array(FileTransferRecord).max(16).optional(),
    /** Of what is recorded and does nothing but pack or unpack an archive. */
    archive: ArchiveRecord.optional(),
    /** Of a port-forward, each port once. */
    flows: z.array(PortFlowRecord).max(128).optional(),
    /** The guardrail that cut it, by what was typed in a session. */
    rule: ruleName.optional(),
    /** The guardrails that were met by what was typed in a session, each once; absent when none was. */
    typed: z.array(RecordedRule).max(64).optional(),
  }),
]);
export type CommandRecord = z.infer<typeof CommandRecord>;
