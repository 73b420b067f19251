import { createHash } from 'node:crypto';
import type { CommandRecord } from '@drawbridge/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { applyMigrations } from '../src/clickhouse/apply-migrations.js';
import { askRows } from '../src/clickhouse/ask-question.js';
import { activity } from '../src/clickhouse/questions/activity.js';
import { blockedByRule, blockedCalls } from '../src/clickhouse/questions/blocked.js';
import { offHours, offHoursCalls } from '../src/clickhouse/questions/off-hours.js';
import type { Asking, Question, Times } from '../src/clickhouse/questions/question.js';
import { sessionDiff } from '../src/clickhouse/questions/session-diff.js';
import { touched } from '../src/clickhouse/questions/touched.js';
import { allRows, rowsOfOwner, type RowAccess } from '../src/clickhouse/row-access.js';
import { selectCommands } from '../src/clickhouse/select-commands.js';
import { commandRow } from '../src/domain/command-row.js';
import { CommandFilter } from '../src/http/audit-filter.js';
import {
  ActivityFilter,
  BlockedFilter,
  OffHoursFilter,
  SessionDiffFilter,
  TouchedFilter,
} from '../src/http/question-filter.js';
import { agent, commandIdAt, ended, refused, started } from './sample-records.js';
import { startTestStore, type TestStore } from './test-store.js';

/*
 * A command whose start and end lie in different parts is found by what one row says of it and judged by what all say.
 * Whatever is asked, the answer is the one that is given once each command is one row and there is nothing to merge.
 */

const COMMANDS = 3000;
const grants = [1, 2, 3].map((n) => `019c0000-0000-7000-8000-00000000000${n}`);

/** The same for every run. */
const pick = <Value>(seed: string, values: readonly Value[]): Value => {
  const number = createHash('sha256').update(seed).digest().readUInt32BE(0);
  return values[number % values.length]!;
};

function recordsOf(number: number): { start?: CommandRecord; end?: CommandRecord } {
  const of = <Value>(what: string, values: readonly Value[]) => pick(`${what} ${number}`, values);
  // Some are made in the same millisecond.
  const id = commandIdAt(new Date(Date.UTC(2026, 0, 5) + 60_000 * (number >> 1)).toISOString());
  const grant = of('grant', grants);
  const call = {
    agent: of('agent', [
      agent,
      { ...agent, subject: 'agent#2', owner: 'fred@corp.test' },
      { ...agent, owner: 'fred@corp.test' },
      { ...agent, issuer: 'https://other.test' },
    ]),
    connection: of('connection', ['prod-eks', 'staging']),
    grantId: grant,
    verb: of('verb', ['get', 'list', 'create', 'delete']),
    resource: of('resource', ['pods', 'deployments']),
    subresource: of('subresource', ['', '', 'exec']),
    namespace: of('namespace', ['', 'payments', 'billing']),
    name: of('name', ['', 'checkout', 'worker']),
    ...of('held', [
      {},
      { rule: 'guard/known' },
      { holdId: '019c0000-0000-7000-8000-0000000000aa', rule: 'guard/held' },
    ]),
    ...of('met', [{}, { matched: [{ rule: 'guard/mask', action: 'mask' as const }] }]),
  };
  if (of('refused', [true, false, false, false])) return { start: refused(id, call) };
  const { connection } = call;
  const end = ended(id, {
    ...{ connection, grantId: grant, statusCode: of('status', [200, 200, 404, 500]) },
    ...of('masked', [{}, {}, { masked: 2 }]),
    ...of('cut', [{}, {}, { outcome: 'cut' as const, reason: 'rule', rule: 'guard/cut' }]),
  });
  // Of some the start or the end never came.
  const start = started(id, call);
  return of('whole', [{ start, end }, { start, end }, { start, end }, { start }, { end }]);
}

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await applyMigrations({ ...store, clock: () => new Date('2026-01-05T00:00:00Z') });
  await store.client.command({ query: 'SYSTEM STOP MERGES drawbridge.commands' });
  const parts: object[][] = [[], [], [], [], []];
  for (let number = 0; number < COMMANDS; number += 1) {
    for (const [line, record] of Object.entries(recordsOf(number))) {
      const row = commandRow(record, { position: number, check: number, text: '' });
      parts[pick(`${line} part ${number}`, [0, 1, 2, 3])]?.push(row);
      if (pick(`${line} again ${number}`, [true, false, false])) parts[4]?.push(row);
    }
  }
  for (const values of parts) {
    await store.client.insert({
      table: 'drawbridge.commands',
      values,
      format: 'JSONEachRow',
      clickhouse_settings: { optimize_on_insert: 0, date_time_input_format: 'best_effort' },
    });
  }
});
afterAll(() => store.stop());

const times = { since: '2026-01-05T02:00:00.000Z', until: '2026-01-06T20:00:00.000Z' };
const ever = { until: '2027-01-01T00:00:00.000Z' };
const filterOf = <Filter>(schema: { parse: (filter: unknown) => Filter }, filter: object) => ({
  ...schema.parse(filter),
  ...times,
});

type Asked = readonly [name: string, (asking: Asking) => Question];
const both = <Filter extends object>(
  name: string,
  filter: Filter,
  question: (asking: Asking, filter: Filter & Times) => Question,
): Asked[] => [
  [`${name}, some hours`, (asking) => question(asking, { ...filter, ...times })],
  [`${name}, ever`, (asking) => question(asking, { ...filter, since: undefined, ...ever })],
];

const object = { resource: 'pods', namespace: 'payments', name: 'checkout' };
const questions: readonly Asked[] = [
  ...both('touched', filterOf(TouchedFilter, object), touched),
  ...both(
    'touched outside of namespaces',
    filterOf(TouchedFilter, { ...object, namespace: undefined }),
    touched,
  ),
  ...['kind', 'day', 'grant'].flatMap((by) =>
    both(`activity by ${by}`, filterOf(ActivityFilter, { agent: 'agent-oncall', by }), activity),
  ),
  ...both('activity of one with #', filterOf(ActivityFilter, { agent: 'agent#2' }), activity),
  ...both(
    'activity of one of an issuer',
    filterOf(ActivityFilter, { agent: 'https://idp.test#agent#2', namespace: 'payments' }),
    activity,
  ),
  ...both('blocked', filterOf(BlockedFilter, {}), blockedByRule),
  ...both(
    'blocked of one',
    filterOf(BlockedFilter, { agent: 'agent-oncall', kind: 'cut,masked' }),
    blockedByRule,
  ),
  ...both(
    'blocked calls',
    filterOf(BlockedFilter, { by: 'call', connection: 'staging' }),
    blockedCalls,
  ),
  ...both('off hours', filterOf(OffHoursFilter, {}), offHours),
  ...both(
    'off hours, changes',
    filterOf(OffHoursFilter, { changes: 'true', agent: 'agent-oncall' }),
    offHoursCalls,
  ),
  ...both('diff', filterOf(SessionDiffFilter, { one: grants[0], other: grants[1] }), sessionDiff),
];

const listed: readonly Record<string, string>[] = [
  {},
  { order: 'asc', limit: '1000' },
  ...['agent-oncall', 'agent#2', 'https://other.test#agent-oncall'].map((name) => ({
    agent: name,
  })),
  { agent: 'agent-oncall', status: '4xx', limit: '1000' },
  { agent: 'agent-oncall', grant: grants[0]!, verb: 'get', outcome: 'cut' },
  ...['allow', 'deny', 'denied', 'held', 'masked'].map((decision) => ({ decision, limit: '1000' })),
  { rule: 'guard/held,guard/cut', limit: '1000' },
  ...['in_flight', 'completed', 'refused', 'cut,in_flight'].map((outcome) => ({
    outcome,
    limit: '1000',
  })),
  { outcome: 'in_flight', agent: 'agent#2', namespace: 'billing' },
  { resource: 'pods/exec', name: 'worker', connection: 'prod-eks' },
  { agent: 'agent-nobody' },
  { since: times.since, until: times.until, namespace: 'payments', limit: '1000' },
];

const readers: readonly (readonly [string, RowAccess])[] = [
  ['an auditor', allRows],
  [
    'an owner',
    rowsOfOwner({ database: 'drawbridge' as Asking['database'] }, [
      { issuer: 'https://idp.test', owner: 'fred@corp.test' },
      { issuer: 'https://other.test', owner: 'nobody@corp.test' },
    ]),
  ],
];

async function answers(): Promise<Map<string, readonly unknown[]>> {
  const found = new Map<string, readonly unknown[]>();
  for (const [who, access] of readers) {
    for (const [name, question] of questions) {
      const asked = question({ database: store.database, access });
      found.set(`${name}, by ${who}`, await askRows(store, asked, { offset: 0, limit: 100_000 }));
    }
    for (const filter of listed) {
      const parsed = CommandFilter.parse(filter);
      const rows = await selectCommands(store, { filter: parsed, after: undefined, access });
      found.set(`commands ${JSON.stringify(filter)}, by ${who}`, rows);
    }
  }
  return found;
}

const parts = async () => {
  const [row] = await store.rows(
    "SELECT count() AS parts, sum(rows) AS rows FROM system.parts WHERE active AND database = 'drawbridge' AND table = 'commands'",
  );
  return row as { parts: number; rows: number };
};

describe('every answer', () => {
  it('is the same before rows are merged as after', async () => {
    const apart = await parts();
    expect(apart.parts).toBeGreaterThanOrEqual(5);
    expect(apart.rows).toBeGreaterThan(COMMANDS * 1.5);
    const before = await answers();
    await store.client.command({ query: 'SYSTEM START MERGES drawbridge.commands' });
    await store.client.command({ query: 'OPTIMIZE TABLE drawbridge.commands FINAL' });
    expect((await parts()).rows).toBe(COMMANDS);
    const after = await answers();
    for (const [name, rows] of after) expect(before.get(name), name).toEqual(rows);
    // What is asked for is there, but for the one who is nobody.
    const empty = [...after].filter(([, rows]) => rows.length === 0).map(([name]) => name);
    expect(
      empty.filter((name) => !name.includes('nobody') && !name.includes('https://other.test')),
    ).toEqual([]);
  });
});
