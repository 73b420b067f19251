import type {
  ActivityRow,
  BlockedRow,
  CallRow,
  OffHoursRow,
  SessionDiffRow,
  TouchedRow,
} from '@drawbridge/contracts';
import { countText, kindText, minuteText } from './cell-text.js';
import { table } from './table.js';

/** Who touched an object. */
export const touchedTable = (rows: readonly TouchedRow[], width?: number): string =>
  table(
    [
      ...['LAST (UTC)', 'AGENT', 'OWNER', 'CONNECTION', 'NAMESPACE', 'ON'],
      ...['CALLS', 'CHANGES', 'REFUSED', 'VERBS', 'GRANT'],
    ],
    rows.map((row) => [
      minuteText(row.lastAt),
      row.agentSubject,
      row.agentOwner,
      row.connection,
      row.namespace,
      row.reach,
      ...[row.calls, row.changes, row.refused].map(countText),
      row.verbs.join(', '),
      row.grantId,
    ]),
    width,
  );

/** What an agent did, by whatever it was asked by. */
export function activityTable(rows: readonly ActivityRow[], width?: number): string {
  const [first] = rows;
  const names =
    first?.day !== undefined
      ? ['DAY (UTC)']
      : first?.verb === undefined
        ? ['GRANT']
        : ['VERB', 'RESOURCE', 'NAMESPACE'];
  return table(
    [
      ...[...names, 'CONNECTION', 'CALLS', 'CHANGES', 'REFUSED', 'HELD', 'MASKED', 'FAILED'],
      ...['OBJECTS', 'LAST (UTC)'],
    ],
    rows.map((row) => [
      ...(names.length === 3
        ? [row.verb, row.resource === '' ? DISCOVERY : kindText(row), row.namespace]
        : [row.day ?? row.grantId ?? '']),
      row.connection,
      ...[row.calls, row.changes, row.refused, row.held, row.masked, row.failed].map(countText),
      countText(row.objects),
      minuteText(row.lastAt),
    ]),
    width,
  );
}

/** Calls on no resource, of which only the number is told. */
const DISCOVERY = '(no resource)';

/** What was blocked, by rule. */
export const blockedTable = (rows: readonly BlockedRow[], width?: number): string =>
  table(
    ['KIND', 'RULE', 'REASON', 'CALLS', 'PASSED', 'AGENTS', 'CONNECTIONS', 'LAST (UTC)'],
    rows.map((row) => [
      row.kind,
      row.rule,
      row.reason,
      ...[row.calls, row.passed, row.agents].map(countText),
      row.connections.join(', '),
      minuteText(row.lastAt),
    ]),
    width,
  );

const CALL = ['AGENT', 'CONNECTION', 'VERB', 'RESOURCE', 'NAMESPACE', 'NAME', 'OUTCOME'] as const;

const cellsOf = (row: CallRow): readonly string[] => [
  row.agentSubject,
  row.connection,
  row.verb,
  row.resource === '' ? row.path : kindText(row),
  row.namespace,
  row.name,
  row.statusCode === undefined ? row.outcome : `${row.outcome} ${row.statusCode}`,
];

/** Calls, one line each. */
export const callTable = (rows: readonly CallRow[], width?: number): string =>
  table(
    ['TIME', ...CALL, 'WHY', 'COMMAND'],
    rows.map((row) => [
      row.receivedAt,
      ...cellsOf(row),
      row.rule === '' ? row.reason : `${row.rule}: ${row.reason}`,
      row.id,
    ]),
    width,
  );

/** Calls that were blocked, in the order of the rules: one line each. */
export const blockedCallTable = (rows: readonly CallRow[], width?: number): string =>
  table(
    ['TIME', 'KIND', 'RULE', 'REASON', ...CALL, 'COMMAND'],
    rows.map((row) => [
      ...[row.receivedAt, row.kinds.join(', '), row.rule, row.reason],
      ...cellsOf(row),
      row.id,
    ]),
    width,
  );

interface OffHoursLooks {
  /** In which the hours were meant, and are shown. */
  readonly timeZone: string;
  readonly width: number | undefined;
}

/** What ran outside of business hours. */
export const offHoursTable = (
  rows: readonly OffHoursRow[],
  { timeZone, width }: OffHoursLooks,
): string =>
  table(
    [
      ...['DAY', 'AGENT', 'OWNER', 'CONNECTION', 'CALLS', 'CHANGES', 'REFUSED'],
      ...[`FIRST (${timeZone})`, `LAST (${timeZone})`],
    ],
    rows.map((row) => [
      row.day,
      row.agentSubject,
      row.agentOwner,
      row.connection,
      ...[row.calls, row.changes, row.refused].map(countText),
      minuteText(row.firstAt, timeZone),
      minuteText(row.lastAt, timeZone),
    ]),
    width,
  );

const sides = { one: '-', other: '+', both: '=' } as const;

/** What two sessions did: `-` only the first, `+` only the second, `=` both. */
export const diffTable = (rows: readonly SessionDiffRow[], width?: number): string =>
  table(
    ['', 'VERB', 'RESOURCE', 'NAMESPACE', 'NAME', 'ONE', 'OUTCOMES', 'OTHER', 'OUTCOMES'],
    rows.map((row) => [
      sides[row.side],
      row.verb,
      row.resource === '' ? DISCOVERY : kindText(row),
      row.namespace,
      row.name,
      countText(row.oneCalls),
      row.oneOutcomes.join(', '),
      countText(row.otherCalls),
      row.otherOutcomes.join(', '),
    ]),
    width,
  );
