import {
  ArchiveRecord,
  FileTransferRecord,
  GuardrailAction,
  PortFlowRecord,
  type AuditCommand,
  type RecordedRule,
} from '@drawbridge/contracts';
import { z } from 'zod';
import { sequenceOf } from '../domain/position.js';
import type { CommandFilter } from '../http/audit-filter.js';
import { foundBy, given, inTime, isAgent, isOneOf, type Condition } from './condition.js';
import { selectCommandPage } from './select-command-page.js';
import { beyond, type AuditStore, type RowQuery } from './select-page.js';

const text = z.string().transform((value) => (value === '' ? undefined : value));
const nullable = <Type extends z.ZodType>(type: Type) =>
  type.nullable().transform((value) => value ?? undefined);

function ruleOf({ rule, action, doubt }: RecordedRule): RecordedRule {
  return doubt === undefined ? { rule, action } : { rule, action, doubt };
}

const rules = z.array(
  z.object({ rule: z.string(), action: GuardrailAction, doubt: text }).transform(ruleOf),
);

const Row = z.object({
  command_id: z.string(),
  received_at: z.string(),
  decided_at: nullable(z.string()),
  ended_at: nullable(z.string()),
  connection: z.string(),
  grant_id: nullable(z.string()),
  access_request_id: nullable(z.string()),
  agent_kind: z.enum(['', 'agent', 'human']),
  agent_issuer: z.string(),
  agent_subject: z.string(),
  agent_groups: z.array(z.string()),
  agent_email: text,
  agent_owner: text,
  agent_sponsor: text,
  agent_run: text,
  method: z.string(),
  path: z.string(),
  query: z.string(),
  verb: z.string(),
  api_group: z.string(),
  api_version: z.string(),
  resource: z.string(),
  subresource: z.string(),
  namespace: z.string(),
  name: z.string(),
  client_address: z.string(),
  user_agent: z.string(),
  effect: z.enum(['', 'allow', 'deny']),
  reason: z.string(),
  message: z.string(),
  outcome: z.enum(['', 'completed', 'cut', 'client_gone', 'upstream_failed', 'refused']),
  outcome_reason: text,
  status_code: z.number(),
  request_bytes: z.number(),
  response_bytes: z.number(),
  duration_ms: z.number(),
  content_type: text,
  dry_run: nullable(z.boolean()),
  policy_version: text,
  rule: text,
  outcome_rule: text,
  matched: rules,
  hold_id: nullable(z.string()),
  warnings: z.array(z.string()),
  masked: nullable(z.number()),
  transfers: z.array(FileTransferRecord),
  transfer_hashes: z.array(z.string()),
  archive: text.transform((json) =>
    json === undefined ? undefined : ArchiveRecord.parse(JSON.parse(json)),
  ),
  flows: z.array(PortFlowRecord),
  typed: rules,
  exit_code: nullable(z.number()),
  sequences: z.array(z.number()),
  start_positions: z.array(z.number()),
  end_positions: z.array(z.number()),
});
type Row = z.infer<typeof Row>;

/** What a command is read from. */
export const commandColumns = Object.keys(Row.shape).join(', ');

/** Rows with {@link commandColumns} as the API shows them. */
export const commandsIn = (rows: readonly unknown[]): AuditCommand[] =>
  z.array(Row).parse(rows).map(commandOf);

/** Reads one page of commands, and one row more when there is a next page. */
export async function selectCommands(
  store: AuditStore,
  { filter, after, access }: RowQuery<CommandFilter>,
): Promise<AuditCommand[]> {
  const { order, limit } = filter;
  const place = beyond({
    key: { time: 'received_at', id: 'command_id', idType: 'UUID' },
    order,
    after,
  });
  const rows = await selectCommandPage(store, {
    columns: commandColumns,
    conditions: [...foundBy('key', place), ...conditionsOf(filter), ...access.commands],
    order,
    limit: limit + 1,
  });
  return commandsIn(rows);
}

const conditionsOf = (filter: CommandFilter): readonly Condition[] => [
  ...foundBy('key', inTime('received_at', filter)),
  ...given(filter.grant, (ids) => ({
    // Of a start that did not say it, the end does.
    sql: 'grant_id IN {grant:Array(UUID)}',
    parameters: { grant: ids },
    foundBy: 'few' as const,
  })),
  ...foundBy('start', saidByStart(filter)),
  ...foundBy('one', saidByOne(filter)),
  ...given(filter.outcome, hasOutcome),
];

type Outcome = NonNullable<CommandFilter['outcome']>[number];

/** Whether one has not ended is told only by all of its rows together. */
function hasOutcome(outcomes: readonly Outcome[]): Condition {
  const ended = outcomes.filter((outcome) => outcome !== 'in_flight');
  return ended.length === outcomes.length
    ? { ...isOneOf('outcome', ended), foundBy: 'one' }
    : isOneOf('outcome', ['', ...ended]);
}

const saidByStart = (filter: CommandFilter): readonly Condition[] => [
  ...given(filter.request, (id) => ({
    sql: 'access_request_id = {request:UUID}',
    parameters: { request: id },
  })),
  ...given(filter.agent, isAgent),
  ...given(filter.connection, (names) => isOneOf('connection', names)),
  ...given(filter.namespace, (names) => isOneOf('namespace', names)),
  ...given(filter.verb, (verbs) => isOneOf('verb', verbs)),
  ...given(filter.resource, (resources) => ({
    sql: "resource IN {resource:Array(String)} OR concat(resource, '/', subresource) IN {resource:Array(String)}",
    parameters: { resource: resources },
  })),
  ...given(filter.name, (name) => isOneOf('name', [name])),
  ...given(filter.decision, (decision) => decisions[decision]).filter(
    () => filter.decision !== 'masked',
  ),
  ...given(filter.hold, (id) => ({ sql: 'hold_id = {hold:UUID}', parameters: { hold: id } })),
  ...given(filter.policy, (versions) => isOneOf('policy_version', versions)),
  ...given(filter.reason, (reasons) => isOneOf('reason', reasons)),
];

/** What the end says, or either of them. */
const saidByOne = (filter: CommandFilter): readonly Condition[] => [
  ...(filter.decision === 'masked' ? [decisions.masked] : []),
  ...given(filter.rule, (names) => ({
    sql: 'hasAny(rules, {rule:Array(String)}) OR outcome_rule IN {rule:Array(String)} OR hasAny(arrayMap(met -> met.1, typed), {rule:Array(String)})',
    parameters: { rule: names },
  })),
  ...given(filter.status, (ranges) => ({
    sql: 'arrayExists((from, to) -> status_code BETWEEN from AND to, {from:Array(UInt16)}, {to:Array(UInt16)})',
    parameters: { from: ranges.map(({ from }) => from), to: ranges.map(({ to }) => to) },
  })),
];

const decisions: Readonly<Record<NonNullable<CommandFilter['decision']>, Condition>> = {
  allow: isOneOf('effect', ['allow']),
  deny: isOneOf('effect', ['deny']),
  // By a guardrail, and not one that waits for a human or was refused by one.
  denied: { sql: "effect = 'deny' AND rule != '' AND hold_id IS NULL", parameters: {} },
  held: { sql: 'hold_id IS NOT NULL', parameters: {} },
  masked: { sql: 'masked > 0', parameters: {} },
};

const commandOf = (row: Row): AuditCommand => ({
  id: row.command_id,
  receivedAt: row.received_at,
  ...(row.decided_at === undefined ? {} : { decidedAt: row.decided_at }),
  ...(row.ended_at === undefined ? {} : { endedAt: row.ended_at }),
  connection: row.connection,
  ...(row.grant_id === undefined ? {} : { grantId: row.grant_id }),
  ...(row.access_request_id === undefined ? {} : { accessRequestId: row.access_request_id }),
  ...agentOf(row),
  method: row.method,
  path: row.path,
  query: row.query,
  verb: row.verb,
  apiGroup: row.api_group,
  apiVersion: row.api_version,
  resource: row.resource,
  subresource: row.subresource,
  namespace: row.namespace,
  name: row.name,
  clientAddress: row.client_address,
  userAgent: row.user_agent,
  ...(row.effect === ''
    ? {}
    : { decision: { effect: row.effect, reason: row.reason, message: row.message } }),
  outcome: row.outcome === '' ? 'in_flight' : row.outcome,
  ...(row.outcome_reason === undefined ? {} : { outcomeReason: row.outcome_reason }),
  ...(row.status_code === 0 ? {} : { statusCode: row.status_code }),
  requestBytes: row.request_bytes,
  responseBytes: row.response_bytes,
  durationMs: row.duration_ms,
  ...guardOf(row),
  ...answerOf(row),
  sequences: sequencesOf(row),
});

/** `sequences` is of rows from before there were positions. */
function sequencesOf(row: Row): number[] {
  const positions = [...row.start_positions, ...row.end_positions];
  const all = new Set([...row.sequences, ...positions.map(sequenceOf)]);
  return [...all].sort((one, other) => one - other);
}

function guardOf(row: Row): Partial<AuditCommand> {
  return {
    ...(row.content_type === undefined ? {} : { contentType: row.content_type }),
    ...(row.dry_run === undefined ? {} : { dryRun: row.dry_run }),
    ...(row.policy_version === undefined ? {} : { policyVersion: row.policy_version }),
    ...(row.rule === undefined ? {} : { rule: row.rule }),
    ...(row.matched.length === 0 ? {} : { matched: row.matched }),
    ...(row.hold_id === undefined ? {} : { holdId: row.hold_id }),
    ...(row.warnings.length === 0 ? {} : { warnings: row.warnings }),
  };
}

const answerOf = (row: Row): Partial<AuditCommand> => ({
  ...(row.outcome_rule === undefined ? {} : { outcomeRule: row.outcome_rule }),
  ...(row.exit_code === undefined ? {} : { exitCode: row.exit_code }),
  ...(row.masked === undefined ? {} : { masked: row.masked }),
  ...(row.transfers.length === 0 ? {} : { transfers: transfersOf(row) }),
  ...(row.archive === undefined ? {} : { archive: row.archive }),
  ...(row.flows.length === 0 ? {} : { flows: row.flows }),
  ...(row.typed.length === 0 ? {} : { typed: row.typed }),
});

const transfersOf = ({ transfers, transfer_hashes: hashes }: Row): FileTransferRecord[] =>
  transfers.map((transfer, index) => {
    const sha256 = hashes[index] ?? '';
    return sha256 === '' ? transfer : { ...transfer, sha256 };
  });

function agentOf(row: Row): Pick<AuditCommand, 'agent'> {
  if (row.agent_kind === '') return {};
  return {
    agent: {
      kind: row.agent_kind,
      issuer: row.agent_issuer,
      subject: row.agent_subject,
      groups: row.agent_groups,
      ...(row.agent_email === undefined ? {} : { email: row.agent_email }),
      ...(row.agent_owner === undefined ? {} : { owner: row.agent_owner }),
      ...(row.agent_sponsor === undefined ? {} : { sponsor: row.agent_sponsor }),
      ...(row.agent_run === undefined ? {} : { run: row.agent_run }),
    },
  };
}
