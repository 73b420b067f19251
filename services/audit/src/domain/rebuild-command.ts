import type { CommandColumns, RuleColumns } from './command-columns.js';

/*
 * The lines of a command as the gateway writes them, from its row. A member that says nothing is left out: so no row
 * has to tell an absent text from an empty one. Whatever was written otherwise is kept beside the row as it was.
 */

/** The bytes, as text, of the `CommandStarted` or `CommandRefused` of a row. */
export function startLine(row: CommandColumns): string {
  return row.start_raw === '' ? writtenStart(row) : row.start_raw;
}

/** The bytes, as text, of the `CommandEnded` of a row. */
export function endLine(row: CommandColumns): string {
  return row.end_raw === '' ? writtenEnd(row) : row.end_raw;
}

/** What the columns alone say of the start; `undefined` members are not written. */
export function writtenStart(row: CommandColumns): string {
  const refused = row.effect === 'deny';
  return JSON.stringify({
    type: refused ? 'CommandRefused' : 'CommandStarted',
    commandId: row.command_id,
    at: row.decided_at,
    holdId: said(row.hold_id),
    connection: row.connection,
    agent: agentOf(row),
    grantId: said(row.grant_id),
    accessRequestId: said(row.access_request_id),
    method: row.method,
    verb: row.verb,
    apiGroup: row.api_group,
    apiVersion: row.api_version,
    resource: row.resource,
    subresource: row.subresource,
    namespace: row.namespace,
    name: row.name,
    clientAddress: row.client_address,
    userAgent: row.user_agent,
    contentType: said(row.content_type),
    dryRun: said(row.dry_run),
    policyVersion: said(row.policy_version),
    rule: said(row.rule),
    matched: someOf(row.matched.map(ruleOf)),
    warnings: someOf(row.warnings),
    path: row.path,
    query: row.query,
    decision: { effect: row.effect, reason: row.reason, message: row.message },
    statusCode: refused ? row.status_code : undefined,
  });
}

/** What the columns alone say of the end. */
export function writtenEnd(row: CommandColumns): string {
  return JSON.stringify({
    type: 'CommandEnded',
    connection: row.connection,
    grantId: said(row.grant_id),
    commandId: row.command_id,
    at: row.ended_at,
    outcome: row.outcome,
    reason: said(row.outcome_reason),
    statusCode: row.status_code,
    requestBytes: row.request_bytes,
    responseBytes: row.response_bytes,
    durationMs: row.duration_ms,
    exitCode: said(row.exit_code),
    masked: said(row.masked),
    rule: said(row.outcome_rule),
    typed: someOf(row.typed.map(ruleOf)),
    transfers: someOf(transfersOf(row)),
    archive: archiveOf(row),
    flows: someOf(row.flows),
  });
}

function said<Value>(value: Value | null): Value | undefined {
  return value === null || value === '' ? undefined : value;
}

const someOf = <Item>(items: readonly Item[]): readonly Item[] | undefined =>
  items.length === 0 ? undefined : items;

function agentOf(row: CommandColumns) {
  if (row.agent_kind === '') return undefined;
  return {
    kind: row.agent_kind,
    issuer: row.agent_issuer,
    subject: row.agent_subject,
    groups: row.agent_groups,
    email: said(row.agent_email),
    owner: said(row.agent_owner),
    sponsor: said(row.agent_sponsor),
    run: said(row.agent_run),
  };
}

const ruleOf = ({ rule, action, doubt }: RuleColumns) => ({ rule, action, doubt: said(doubt) });

const transfersOf = ({ transfers, transfer_hashes: hashes }: CommandColumns) =>
  transfers.map(({ direction, path, bytes }, index) => ({
    direction,
    path,
    bytes,
    sha256: said(hashes[index] ?? ''),
  }));

/** Text that is not what was written of it stays a text, and so is not what was recorded. */
function archiveOf({ archive }: CommandColumns): unknown {
  if (archive === '') return undefined;
  try {
    const members: unknown = JSON.parse(archive);
    return JSON.stringify(members) === archive ? members : archive;
  } catch {
    return archive;
  }
}
