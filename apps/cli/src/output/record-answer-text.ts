import type {
  ActivityRow,
  ApprovalRow,
  ApproverRow,
  BlockedRow,
  CallRow,
  OffHoursRow,
  SessionDiffRow,
  TouchedRow,
  UnusedPage,
  UnusedRow,
} from '@drawbridge/contracts';
import { showDuration } from '../input/duration.js';
import { neutraliseLines } from './neutralise.js';
import { table } from './table.js';

const minute = (instant: string): string => instant.slice(0, 16).replace('T', ' ');
/** Nothing is better seen as nothing than as a zero among numbers. */
const number = (count: number): string => (count === 0 ? '' : String(count));

interface Kind {
  readonly apiGroup?: string | undefined;
  readonly resource?: string | undefined;
  readonly subresource?: string | undefined;
}

const kindOf = (row: Kind): string => {
  const { apiGroup = '', resource = '', subresource = '' } = row;
  const name = apiGroup === '' ? resource : `${resource}.${apiGroup}`;
  return subresource === '' ? name : `${name}/${subresource}`;
};

/** Who touched an object. */
export const touchedTable = (rows: readonly TouchedRow[]): string =>
  table(
    ['LAST', 'AGENT', 'OWNER', 'CONNECTION', 'ON', 'CALLS', 'CHANGES', 'REFUSED', 'VERBS', 'GRANT'],
    rows.map((row) => [
      minute(row.lastAt),
      row.agentSubject,
      row.agentOwner,
      row.connection,
      row.reach,
      ...[row.calls, row.changes, row.refused].map(number),
      row.verbs.join(', '),
      row.grantId,
    ]),
  );

/** What an agent did, by whatever it was asked by. */
export function activityTable(rows: readonly ActivityRow[]): string {
  const [first] = rows;
  const names =
    first?.day !== undefined
      ? ['DAY']
      : first?.verb === undefined
        ? ['GRANT']
        : ['VERB', 'RESOURCE', 'NAMESPACE'];
  return table(
    [
      ...['CONNECTION', ...names, 'CALLS', 'CHANGES', 'REFUSED', 'HELD', 'MASKED', 'FAILED'],
      ...['OBJECTS', 'LAST'],
    ],
    rows.map((row) => [
      row.connection,
      ...(names.length === 3
        ? [row.verb, kindOf(row), row.namespace]
        : [row.day ?? row.grantId ?? '']),
      ...[row.calls, row.changes, row.refused, row.held, row.masked, row.failed].map(number),
      number(row.objects),
      minute(row.lastAt),
    ]),
  );
}

/** What was blocked, by rule. */
export const blockedTable = (rows: readonly BlockedRow[]): string =>
  table(
    ['KIND', 'RULE', 'REASON', 'CALLS', 'PASSED', 'AGENTS', 'CONNECTIONS', 'LAST'],
    rows.map((row) => [
      row.kind,
      row.rule,
      row.reason,
      ...[row.calls, row.passed, row.agents].map(number),
      row.connections.join(', '),
      minute(row.lastAt),
    ]),
  );

/** Calls, one line each. */
export const callTable = (rows: readonly CallRow[]): string =>
  table(
    ['TIME', 'AGENT', 'CONNECTION', 'VERB', 'RESOURCE', 'NAMESPACE', 'NAME', 'OUTCOME', 'WHY'],
    rows.map((row) => [
      row.receivedAt,
      row.agentSubject,
      row.connection,
      row.verb,
      kindOf(row),
      row.namespace,
      row.name,
      row.statusCode === undefined ? row.outcome : `${row.outcome} ${row.statusCode}`,
      row.rule === '' ? row.reason : `${row.rule}: ${row.reason}`,
    ]),
  );

/** What ran outside of business hours. */
export const offHoursTable = (rows: readonly OffHoursRow[]): string =>
  table(
    ['DAY', 'AGENT', 'OWNER', 'CONNECTION', 'CALLS', 'CHANGES', 'REFUSED', 'FIRST', 'LAST'],
    rows.map((row) => [
      row.day,
      row.agentSubject,
      row.agentOwner,
      row.connection,
      ...[row.calls, row.changes, row.refused].map(number),
      minute(row.firstAt),
      minute(row.lastAt),
    ]),
  );

const sides = { one: '-', other: '+', both: '' } as const;

/** What two sessions did: `-` only the first, `+` only the second. */
export const diffTable = (rows: readonly SessionDiffRow[]): string =>
  table(
    ['', 'VERB', 'RESOURCE', 'NAMESPACE', 'NAME', 'ONE', 'OUTCOMES', 'OTHER', 'OUTCOMES'],
    rows.map((row) => [
      sides[row.side],
      row.verb,
      kindOf(row),
      row.namespace,
      row.name,
      number(row.oneCalls),
      row.oneOutcomes.join(', '),
      number(row.otherCalls),
      row.otherOutcomes.join(', '),
    ]),
  );

const duration = (seconds: number | undefined): string | undefined =>
  seconds === undefined ? undefined : showDuration(seconds);

/** How people decided. */
export const approverTable = (rows: readonly ApproverRow[]): string =>
  table(
    [
      ...['PERSON', 'APPROVED', 'DENIED', 'VOIDED', 'EXTENSIONS', 'REVIEWS', 'BROKE GLASS'],
      ...['MEDIAN', 'P95', 'LAST'],
    ],
    rows.map((row) => [
      row.email === '' ? row.subject : row.email,
      ...[row.approved, row.denied, row.voided, row.extensions, row.reviews].map(number),
      number(row.brokeGlass),
      duration(row.medianSeconds),
      duration(row.p95Seconds),
      minute(row.lastAt),
    ]),
  );

/** How long approvals took. */
export const approvalTable = (rows: readonly ApprovalRow[]): string =>
  table(
    ['ASKED', 'AGENT', 'CONNECTION', 'ROUND', 'OUTCOME', 'TOOK', 'BY', 'STEPS', 'REQUEST'],
    rows.map((row) => [
      minute(row.askedAt),
      row.agentSubject,
      row.connection,
      String(row.round),
      row.verdict === undefined ? row.outcome : `${row.outcome}, ${row.verdict}`,
      duration(row.seconds),
      [...row.approvers, ...row.deniers].join(', '),
      row.steps.join(', '),
      row.accessRequestId,
    ]),
  );

/** What grants allowed and nobody used, and below it what would have done. */
export function unusedText({ items, narrower }: UnusedPage): string {
  const grants = table(
    ['ISSUED', 'AGENT', 'POLICY', 'ACTION', 'CALLS', 'USED', 'GRANTED', 'UNUSED', 'GRANT'],
    items.map((row) => [
      minute(row.issuedAt),
      row.agentSubject,
      row.policy,
      row.action,
      number(row.calls),
      duration(row.usedSeconds),
      duration(row.grantedSeconds),
      row.calls === 0 ? 'all' : unusedIn(row),
      row.grantId,
    ]),
  );
  const proposals = narrower.flatMap(({ yaml }) => (yaml === undefined ? [] : [yaml]));
  return [grants, ...proposals.map(neutraliseLines)].join('\n');
}

const unusedIn = (row: UnusedRow): string =>
  [...row.unusedVerbs, ...row.unusedResources, ...row.unusedNamespaces, ...row.unusedNames].join(
    ', ',
  );
