import type { CommandRecord, RecordedRule } from '@drawbridge/contracts';
import { receivedAt } from './received-at.js';

/**
 * What one record says about its command, as columns of the table `commands`. Columns of which it says
 * nothing are left out and take the table's default, the least value of their type; the table keeps the
 * greatest, so any number of copies of start and end, in any order, make the same row.
 */
export type CommandRow = Readonly<Record<string, Value | readonly (Value | Tuple)[]>>;
type Value = string | number | boolean;
type Tuple = Readonly<Record<string, Value>>;

export function commandRow(record: CommandRecord, sequence: number): CommandRow {
  const { commandId, connection } = record;
  return {
    command_id: commandId,
    received_at: receivedAt(commandId),
    connection,
    sequences: [sequence],
    ...(record.type === 'CommandEnded' ? endOf(record) : callOf(record)),
  };
}

type Ended = Extract<CommandRecord, { type: 'CommandEnded' }>;
type Call = Exclude<CommandRecord, Ended>;

const endOf = (record: Ended): CommandRow => ({
  grant_id: record.grantId,
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
  ...(record.transfers === undefined ? {} : { transfers: record.transfers }),
  ...(record.typed === undefined ? {} : { typed: record.typed.map(ruleTuple) }),
});

const callOf = (record: Call): CommandRow => ({
  ...(record.grantId === undefined ? {} : { grant_id: record.grantId }),
  ...(record.accessRequestId === undefined ? {} : { access_request_id: record.accessRequestId }),
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

function guardOf(record: Call): CommandRow {
  const { contentType, dryRun, policyVersion, rule, holdId, warnings, matched = [] } = record;
  const rules = [rule, ...matched.map((met) => met.rule)].filter((name) => name !== undefined);
  return {
    ...(contentType === undefined ? {} : { content_type: contentType }),
    ...(dryRun === undefined ? {} : { dry_run: dryRun }),
    ...(policyVersion === undefined ? {} : { policy_version: policyVersion }),
    ...(rule === undefined ? {} : { rule }),
    ...(rules.length === 0 ? {} : { rules: [...new Set(rules)] }),
    ...(matched.length === 0 ? {} : { matched: matched.map(ruleTuple) }),
    ...(holdId === undefined ? {} : { hold_id: holdId }),
    ...(warnings === undefined ? {} : { warnings }),
  };
}

const ruleTuple = ({ rule, action, doubt = '' }: RecordedRule) => ({ rule, action, doubt });

function agentOf({ agent }: Call): CommandRow {
  if (agent === undefined) return {};
  return {
    agent_kind: agent.kind,
    agent_issuer: agent.issuer,
    agent_subject: agent.subject,
    agent_groups: agent.groups,
    agent_email: agent.email ?? '',
    agent_owner: agent.owner ?? '',
  };
}
