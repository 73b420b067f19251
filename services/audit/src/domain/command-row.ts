import type { CommandRecord, RecordedRule } from '@drawbridge/contracts';
import { wholeCommand, type CommandColumns, type CommandRow } from './command-columns.js';
import type { PlacedLine } from './placed-line.js';
import { writtenEnd, writtenStart } from './rebuild-command.js';
import { isKeptInstant } from './kept-instant.js';
import { receivedAt } from './received-at.js';

/**
 * One record as columns of its command's row. What the columns cannot give back byte for byte stays beside them as it
 * was: a record of an earlier version, or of a writer that is not ours.
 */
export function commandRow(record: CommandRecord, line: PlacedLine): CommandRow {
  const { commandId, connection } = record;
  const ids = {
    command_id: commandId.toLowerCase(),
    received_at: receivedAt(commandId),
    connection,
  };
  return record.type === 'CommandEnded'
    ? endRow({ ...ids, ...endOf(record) }, line)
    : startRow({ ...ids, ...callOf(record) }, line);
}

function startRow(row: CommandRow, { position, check, text }: PlacedLine): CommandRow {
  // A grant is what the end says too: a start without one would get it back from there.
  const isWhole = row.effect === 'deny' || row.grant_id !== undefined;
  const isExact =
    isWhole && isKeptInstant(row.decided_at) && writtenStart(wholeCommand(row)) === text;
  const raw = isExact ? {} : { start_raw: text };
  return { ...row, start_positions: [position], start_check: check, ...raw };
}

function endRow(row: CommandRow, { position, check, text }: PlacedLine): CommandRow {
  const isExact = isKeptInstant(row.ended_at) && writtenEnd(wholeCommand(row)) === text;
  const raw = isExact ? {} : { end_raw: text };
  return { ...row, end_positions: [position], end_check: check, ...raw };
}

type Ended = Extract<CommandRecord, { type: 'CommandEnded' }>;
type Call = Exclude<CommandRecord, Ended>;

type Said = Partial<CommandColumns>;

const endOf = (record: Ended): Said => ({
  grant_id: record.grantId.toLowerCase(),
  ended_at: record.at,
  outcome: record.outcome,
  outcome_reason: record.reason ?? '',
  outcome_rule: record.rule ?? '',
  status_code: record.statusCode,
  request_bytes: record.requestBytes,
  response_bytes: record.responseBytes,
  duration_ms: record.durationMs,
  ...(record.exitCode === undefined ? {} : { exit_code: record.exitCode }),
  ...(record.masked === undefined ? {} : { masked: record.masked }),
  ...transfersOf(record),
  ...(record.archive === undefined ? {} : { archive: JSON.stringify(record.archive) }),
  ...(record.flows === undefined ? {} : { flows: record.flows }),
  ...(record.typed === undefined ? {} : { typed: record.typed.map(ruleTuple) }),
});

function transfersOf({ transfers }: Ended): Said {
  if (transfers === undefined) return {};
  const hashes = transfers.map(({ sha256 = '' }) => sha256);
  return {
    transfers: transfers.map(({ direction, path, bytes }) => ({ direction, path, bytes })),
    ...(hashes.every((hash) => hash === '') ? {} : { transfer_hashes: hashes }),
  };
}

const callOf = (record: Call): Said => ({
  ...(record.grantId === undefined ? {} : { grant_id: record.grantId.toLowerCase() }),
  ...(record.accessRequestId === undefined
    ? {}
    : {
        access_request_id: record.accessRequestId.toLowerCase(),
      }),
  ...agentOf(record),
  decided_at: record.at,
  method: record.method,
  path: record.path,
  query: record.query,
  verb: record.verb,
  api_group: record.apiGroup,
  api_version: record.apiVersion,
  resource: record.resource,
  subresource: record.subresource,
  namespace: record.namespace,
  name: record.name,
  client_address: record.clientAddress,
  user_agent: record.userAgent,
  effect: record.decision.effect,
  reason: record.decision.reason,
  message: record.decision.message,
  ...guardOf(record),
  ...(record.type === 'CommandRefused'
    ? { outcome: 'refused', status_code: record.statusCode }
    : {}),
});

function guardOf(record: Call): Said {
  const { contentType, dryRun, policyVersion, rule, holdId, warnings, matched = [] } = record;
  const rules = [rule, ...matched.map((met) => met.rule)].filter((name) => name !== undefined);
  return {
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(dryRun === undefined ? {} : { dry_run: dryRun }),
    ...(policyVersion === undefined ? {} : { policy_version: policyVersion }),
    ...(rule === undefined ? {} : { rule }),
    ...(rules.length === 0 ? {} : { rules: [...new Set(rules)] }),
    ...(matched.length === 0 ? {} : { matched: matched.map(ruleTuple) }),
    ...(holdId === undefined ? {} : { hold_id: holdId.toLowerCase() }),
    ...(warnings === undefined ? {} : { warnings }),
  };
}

const ruleTuple = ({ rule, action, doubt = '' }: RecordedRule) => ({ rule, action, doubt });

function agentOf({ agent }: Call): Said {
  if (agent === undefined) return {};
  return {
    agent_kind: agent.kind,
    agent_issuer: agent.issuer,
    agent_subject: agent.subject,
    agent_groups: agent.groups,
    agent_email: agent.email ?? '',
    agent_owner: agent.owner ?? '',
    agent_sponsor: agent.sponsor ?? '',
    agent_run: agent.run ?? '',
  };
}
