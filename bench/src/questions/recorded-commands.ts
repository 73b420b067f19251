/*
 * Ten million commands as a company's agents make them in three months, made inside of ClickHouse: 200 agents of 30
 * owners, grants of half an hour or more, nine of them at a time, each for one namespace of one of five clusters. All of
 * it is a function of the number of the command, so every run has the same.
 */

/** When the first was received, and how far apart two are on average. */
export const FIRST = '2026-06-01T00:00:00.000Z';
const DAYS = 90;
const PER_WINDOW = 4_500;
const GRANTS_AT_ONCE = 9;

/** The SQL of a hash of `number` and a word, as different as can be for each word. */
const chance = (word: string): string => `cityHash64(number, '${word}')`;

export const grantCount = (commands: number): number =>
  Math.ceil(commands / PER_WINDOW) * GRANTS_AT_ONCE;

/** A UUID whose last digits are those of a hash of `of`; with a time, a version 7. */
export const uuid = (of: string, ms?: string): string => {
  const random = `hex(sipHash128(${of}))`;
  const head =
    ms === undefined
      ? `concat(substring(${random}, 1, 8), '-', substring(${random}, 9, 4))`
      : `concat(substring(hex(toUInt64(${ms})), 1, 8), '-', substring(hex(toUInt64(${ms})), 9, 4))`;
  return `toUUID(concat(${head}, '-7', substring(${random}, 13, 3), '-8', substring(${random}, 16, 3), '-', substring(${random}, 19, 12)))`;
};

export const grantId = (grant: string): string => uuid(`toString(${grant}), 'grant'`);
export const requestId = (grant: string): string => uuid(`toString(${grant}), 'request'`);

/** Of a grant: a few agents ask for most. */
export const agentOf = (grant: string): string =>
  `toUInt32(floor(200 * pow((cityHash64(${grant}, 'agent') % 100000) / 100000, 2)))`;
export const agentName = (agent: string): string =>
  `concat('agent-', leftPad(toString(${agent}), 3, '0'))`;
export const ownerName = (agent: string): string =>
  `concat('owner-', toString(${agent} % 30), '@corp.test')`;
export const connectionOf = (grant: string): string =>
  `concat(['prod-eu','prod-us','staging','data','edge'][1 + cityHash64(${grant}, 'connection') % 5], '-eks')`;
export const namespaceOf = (grant: string): string =>
  `concat('team-', toString(cityHash64(${grant}, 'namespace') % 60))`;
export const applicationOf = (grant: string): string =>
  `concat('app-', toString(cityHash64(${grant}, 'application') % 40))`;

/** Milliseconds of the start of a grant. */
export const grantStart = (grant: string, commands: number): string =>
  `(toUnixTimestamp64Milli(toDateTime64('${FIRST.slice(0, 19)}', 3, 'UTC')) + toInt64(intDiv(${grant}, ${GRANTS_AT_ONCE}) * ${windowMs(commands)}))`;

const windowMs = (commands: number): number =>
  Math.floor((DAYS * 86_400_000) / Math.ceil(commands / PER_WINDOW));

/** Verb, resource and what else tells kinds of calls apart, with how many of a hundred they are. */
const kinds = [
  [38, 'get', 'GET', '', 'pods', '', true],
  [20, 'list', 'GET', '', 'pods', '', false],
  [8, 'get', 'GET', 'apps', 'deployments', '', true],
  [8, 'watch', 'GET', '', 'pods', '', false],
  [7, 'list', 'GET', '', 'events', '', false],
  [7, 'get', 'GET', '', 'pods', 'log', true],
  [4, 'patch', 'PATCH', 'apps', 'deployments', '', true],
  [3, 'get', 'GET', '', 'configmaps', '', true],
  [2, 'create', 'POST', '', 'pods', 'exec', true],
  [1, 'get', 'GET', '', 'secrets', '', true],
  [1, 'delete', 'DELETE', '', 'pods', '', true],
  [1, 'list', 'GET', 'apps', 'deployments', '', false],
] as const;

const kindField = (index: 1 | 2 | 3 | 4 | 5): string => {
  const values = kinds.flatMap((kind) => Array.from({ length: kind[0] }, () => `'${kind[index]}'`));
  return `[${values.join(',')}][kind]`;
};
const isNamed = `[${kinds.flatMap((kind) => Array.from({ length: kind[0] }, () => (kind[6] ? 1 : 0))).join(',')}][kind]`;

/** Columns of the start of a command, in a query over `numbers`. */
const started = {
  connection: 'connection',
  grant_id: 'grant',
  access_request_id: requestId('grant_number'),
  agent_kind: "'agent'",
  agent_issuer: "'https://idp.corp.test'",
  agent_subject: agentName('agent'),
  agent_groups: "['agents', concat('team-', toString(agent % 20))]",
  agent_owner: ownerName('agent'),
  decided_at: 'at + toIntervalMillisecond(1)',
  method: kindField(2),
  path: "concat(if(api_group = '', '/api/v1', '/apis/apps/v1'), '/namespaces/', namespace, '/', resource, if(name = '', '', concat('/', name)), if(subresource = '', '', concat('/', subresource)))",
  query: "if(verb = 'list', 'limit=500', '')",
  verb: 'verb',
  api_group: 'api_group',
  api_version: "'v1'",
  resource: 'resource',
  subresource: 'subresource',
  namespace: 'namespace',
  name: 'name',
  client_address: "concat('10.0.', toString(agent % 8), '.', toString(agent))",
  user_agent: "'kubectl/v1.36.0 (linux/amd64) kubernetes/0000000'",
  effect: "if(refused, 'deny', 'allow')",
  reason: "multiIf(NOT refused, 'in_scope', denied, 'guardrail_denied', 'not_in_scope')",
  message: "if(refused, 'no open grant allows it', concat('allowed by grant ', toString(grant)))",
  policy_version: "concat('v', toString(intDiv(number, 1000000)))",
  rule: "multiIf(denied, 'deletion/pods', held, 'shells/exec', '')",
  rules: "multiIf(denied, ['deletion/pods'], held, ['shells/exec'], [])",
  matched:
    "multiIf(denied, [('deletion/pods', 'deny', '')], held, [('shells/exec', 'hold', '')], [])",
  hold_id: `if(held, ${uuid("number, 'hold'")}, NULL)`,
  start_positions: '[toUInt64(intDiv(number, 40) * 1024 + (number * 2) % 80)]',
  start_check: "toUInt32(cityHash64(number, 'start'))",
};

const ended = {
  connection: 'connection',
  grant_id: 'grant',
  ended_at: `at + toIntervalMillisecond(3 + ${chance('duration')} % 90)`,
  outcome: `if(${chance('cut')} % 1000 = 0, 'cut', 'completed')`,
  outcome_reason: `if(${chance('cut')} % 1000 = 0, 'grant_expired', '')`,
  status_code: `[200,200,200,200,200,200,200,200,404,409][1 + ${chance('status')} % 10]`,
  request_bytes: "if(verb = 'patch', 240, 0)",
  response_bytes: `1000 + ${chance('size')} % 9000`,
  duration_ms: `3 + ${chance('duration')} % 90`,
  masked: "if(resource IN ('secrets', 'configmaps'), 3, 0)",
  end_positions: '[toUInt64(intDiv(number, 40) * 1024 + (number * 2) % 80 + 1)]',
  end_check: "toUInt32(cityHash64(number, 'end'))",
};

export interface Part {
  readonly database: string;
  readonly from: number;
  readonly count: number;
  /** Of all parts together. */
  readonly commands: number;
}

/** The calls of a part, with what is said of them. */
export const callsIn = ({ from, count, commands }: Part): string => `SELECT number,
  intDiv(number, ${PER_WINDOW}) * ${GRANTS_AT_ONCE} + ${chance('grant')} % ${GRANTS_AT_ONCE} AS grant_number,
  ${agentOf('grant_number')} AS agent, ${grantId('grant_number')} AS grant,
  ${connectionOf('grant_number')} AS connection, ${namespaceOf('grant_number')} AS namespace,
  toUInt8(1 + ${chance('kind')} % 100) AS kind,
  ${kindField(1)} AS verb, ${kindField(3)} AS api_group, ${kindField(4)} AS resource, ${kindField(5)} AS subresource,
  multiIf(${isNamed} = 0, '', resource = 'deployments', ${applicationOf('grant_number')},
    concat(${applicationOf('grant_number')}, '-', lower(hex(toUInt16(${chance('name')} % 3000))))) AS name,
  verb = 'delete' AND ${chance('denied')} % 3 = 0 AS denied, denied OR ${chance('refused')} % 33 = 0 AS refused,
  subresource = 'exec' AND NOT refused AND ${chance('held')} % 4 = 0 AS held,
  fromUnixTimestamp64Milli(toUnixTimestamp64Milli(toDateTime64('${FIRST.slice(0, 19)}', 3, 'UTC'))
    + toInt64(number * ${(DAYS * 86_400_000) / commands}), 'UTC') AS at,
  ${uuid('number', 'toUnixTimestamp64Milli(at)')} AS command_id
FROM numbers(${from}, ${count})`;

/** Statements that insert a part of the commands: their starts, and their ends, as the ingest does. */
export function commandsOf(part: Part): readonly string[] {
  const insert = (columns: Readonly<Record<string, string>>, where: string): string =>
    `INSERT INTO ${part.database}.commands (command_id, received_at, ${Object.keys(columns).join(', ')})
SELECT command_id, at, ${Object.values(columns).join(', ')} FROM (${callsIn(part)}) WHERE ${where}`;
  return [
    insert(started, 'NOT refused'),
    insert({ ...started, outcome: "'refused'", status_code: '403' }, 'refused'),
    insert(ended, 'NOT refused'),
  ];
}
