import type { CommandBody } from './command-body.js';
import type {
  CommandRecord,
  ArchiveRecord,
  FileTransferRecord,
  RecordedRule,
} from './command-record.js';
import type { Principal } from './principal.js';
import type { SessionChunk } from './session-chunk.js';

/**
 * Header of a message of `COMMANDS` whose lines all have exactly the text of {@link recordLine}: the members in its
 * order, those that say nothing left out, written as `JSON.stringify` writes. Audit can then give every line back
 * byte for byte without keeping its text. A writer that is not sure leaves the header out.
 */
export const RECORD_FORM_HEADER = ['Drawbridge-Record-Form', '2'] as const;

type RecordedLine = CommandRecord | CommandBody | SessionChunk;

/** Whether a line is a record of a command, and no body of one and no piece of a recording. */
export const isCommandLine = (line: string): boolean =>
  !/^\{"type":"(?:CommandBody|SessionChunk)"/.test(line);

/** A record as the one text that it has in form 2. Instants are in UTC with three digits of the second. */
export function recordLine(record: RecordedLine): string {
  switch (record.type) {
    case 'CommandStarted':
      return JSON.stringify({ ...callMembers(record), decision: decisionOf(record) });
    case 'CommandRefused': {
      const { statusCode } = record;
      return JSON.stringify({ ...callMembers(record), decision: decisionOf(record), statusCode });
    }
    case 'CommandEnded':
      return JSON.stringify(endMembers(record));
    case 'CommandBody':
      return JSON.stringify(bodyMembers(record));
    case 'SessionChunk':
      return JSON.stringify(chunkMembers(record));
  }
}

type Ended = Extract<CommandRecord, { type: 'CommandEnded' }>;
type Call = Exclude<CommandRecord, Ended>;

/** `JSON.stringify` leaves out what is undefined. */
const callMembers = (call: Call) => ({
  type: call.type,
  commandId: call.commandId,
  at: call.at,
  holdId: call.holdId,
  connection: call.connection,
  agent: call.agent === undefined ? undefined : principalMembers(call.agent),
  grantId: call.grantId,
  accessRequestId: call.accessRequestId,
  method: call.method,
  verb: call.verb,
  apiGroup: call.apiGroup,
  apiVersion: call.apiVersion,
  resource: call.resource,
  subresource: call.subresource,
  namespace: call.namespace,
  name: call.name,
  clientAddress: call.clientAddress,
  userAgent: call.userAgent,
  contentType: said(call.contentType),
  dryRun: call.dryRun,
  policyVersion: said(call.policyVersion),
  rule: said(call.rule),
  matched: someOf(call.matched?.map(ruleMembers)),
  warnings: someOf(call.warnings),
  path: call.path,
  query: call.query,
});

const decisionOf = ({ decision: { effect, reason, message } }: Call) => ({
  effect,
  reason,
  message,
});

const endMembers = (end: Ended) => ({
  type: end.type,
  connection: end.connection,
  grantId: end.grantId,
  commandId: end.commandId,
  at: end.at,
  outcome: end.outcome,
  reason: said(end.reason),
  statusCode: end.statusCode,
  requestBytes: end.requestBytes,
  responseBytes: end.responseBytes,
  durationMs: end.durationMs,
  exitCode: end.exitCode,
  masked: end.masked,
  rule: said(end.rule),
  typed: someOf(end.typed?.map(ruleMembers)),
  transfers: someOf(end.transfers?.map(transferMembers)),
  archive: end.archive && archiveMembers(end.archive),
  flows: someOf(
    end.flows?.map(({ port, connections, sent, received }) => ({
      port,
      connections,
      sent,
      received,
    })),
  ),
});

const bodyMembers = (body: CommandBody) => ({
  type: body.type,
  commandId: body.commandId,
  connection: body.connection,
  at: body.at,
  direction: body.direction,
  contentType: body.contentType,
  contentEncoding: said(body.contentEncoding),
  bytes: body.bytes,
  sha256: body.sha256,
  encoding: body.encoding,
  content: body.content,
  objects: someOf(body.objects?.map(({ sha256, bytes }) => ({ sha256, bytes }))),
  cut: body.cut,
  kept: body.kept,
});

/** Header and end of a recording are kept as they were written, and so have no order of their own. */
const chunkMembers = (chunk: SessionChunk) => ({
  type: chunk.type,
  commandId: chunk.commandId,
  connection: chunk.connection,
  at: chunk.at,
  index: chunk.index,
  frames: chunk.frames,
  header: chunk.header,
  final: chunk.final,
});

/** An agent as it stands in a record. */
export const principalMembers = (agent: Principal) => ({
  kind: agent.kind,
  issuer: agent.issuer,
  subject: agent.subject,
  groups: agent.groups,
  email: said(agent.email),
  owner: said(agent.owner),
  sponsor: said(agent.sponsor),
  run: said(agent.run),
});

const ruleMembers = ({ rule, action, doubt }: RecordedRule) => ({
  rule,
  action,
  doubt: said(doubt),
});

const transferMembers = ({ direction, path, bytes, sha256 }: FileTransferRecord) => ({
  direction,
  path,
  bytes,
  sha256: said(sha256),
});

const archiveMembers = ({ direction, files, more, unreadFrom }: ArchiveRecord) => ({
  direction,
  files: files.map(({ path, kind, bytes, sha256, received }) => ({
    ...{ path, kind, bytes, sha256, received },
  })),
  more,
  unreadFrom,
});

const said = (text: string | undefined): string | undefined => (text === '' ? undefined : text);

const someOf = <Item>(items: readonly Item[] | undefined): readonly Item[] | undefined =>
  items?.length === 0 ? undefined : items;
