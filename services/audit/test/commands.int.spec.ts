import type { CommandRecord } from '@drawbridge/contracts';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations } from '../src/clickhouse/apply-migrations.js';
import { insertRows } from '../src/clickhouse/insert-rows.js';
import { allRows } from '../src/clickhouse/row-access.js';
import { selectCommands } from '../src/clickhouse/select-commands.js';
import { commandRow } from '../src/domain/command-row.js';
import { positionOf } from '../src/domain/position.js';
import { CommandFilter } from '../src/http/audit-filter.js';
import {
  agent,
  commandIdAt,
  ended,
  grantId,
  refused,
  requestId,
  started,
} from './sample-records.js';
import { startTestStore, type TestStore } from './test-store.js';

let store: TestStore;

beforeAll(async () => {
  store = await startTestStore();
  await applyMigrations({ ...store, clock: () => new Date('2026-01-05T00:00:00Z') });
});
afterAll(() => store.stop());
beforeEach(() => store.client.command({ query: `TRUNCATE TABLE ${store.database}.commands` }));

/** One insert per batch; the sequence of a record is its place among all of them. */
async function insert(...batches: CommandRecord[][]): Promise<void> {
  let sequence = 0;
  for (const batch of batches) {
    const rows = batch.map((record) => {
      sequence += 1;
      const bytes = Buffer.from(JSON.stringify(record));
      return {
        source: { message: { seq: sequence }, bytes },
        columns: commandRow(record, {
          position: positionOf(sequence, 0),
          check: sequence,
          text: JSON.stringify(record),
        }),
      };
    });
    await insertRows(store, { table: 'commands', rows });
  }
}

const select = (query: Record<string, string> = {}) =>
  selectCommands(store, {
    filter: CommandFilter.parse(query),
    after: undefined,
    access: allRows,
  });

const id = commandIdAt('2026-01-05T09:00:00.123Z');
const whole = {
  id,
  receivedAt: '2026-01-05T09:00:00.123Z',
  decidedAt: '2026-01-05T09:00:00.250Z',
  endedAt: '2026-01-05T09:00:00.750Z',
  connection: 'prod-eks',
  grantId,
  accessRequestId: requestId,
  agent,
  method: 'PATCH',
  path: '/apis/apps/v1/namespaces/payments/deployments/checkout',
  query: 'fieldManager=kubectl-rollout',
  verb: 'patch',
  apiGroup: 'apps',
  apiVersion: 'v1',
  resource: 'deployments',
  subresource: '',
  namespace: 'payments',
  name: 'checkout',
  clientAddress: '127.0.0.1',
  userAgent: 'kubectl/v1.33.0',
  decision: { effect: 'allow', reason: 'grant_allows', message: 'allowed by the grant' },
  outcome: 'completed',
  statusCode: 200,
  requestBytes: 120,
  responseBytes: 4096,
  durationMs: 500.5,
};

describe('a command', () => {
  it.each<[string, CommandRecord[][], number[]]>([
    ['start and end in one batch', [[started(id), ended(id)]], [1, 2]],
    ['start and end in two batches', [[started(id)], [ended(id)]], [1, 2]],
    ['the end first', [[ended(id)], [started(id)]], [1, 2]],
    ['the end first in one batch', [[ended(id), started(id)]], [1, 2]],
    [
      'everything three times in every order',
      [[started(id), ended(id)], [ended(id), started(id)], [started(id)], [ended(id)]],
      [1, 2, 3, 4, 5, 6],
    ],
  ])('is one whole row: %s', async (_, batches, sequences) => {
    await insert(...batches);
    expect(await select()).toStrictEqual([{ ...whole, sequences }]);
    await store.client.command({ query: `OPTIMIZE TABLE ${store.database}.commands FINAL` });
    expect(await select()).toStrictEqual([{ ...whole, sequences }]);
    expect(await store.rows(`SELECT count() AS rows FROM ${store.database}.commands`)).toEqual([
      { rows: 1 },
    ]);
  });

  it('is in flight while its end has not come, and for ever when the proxy died', async () => {
    await insert([started(id)]);
    const { endedAt, statusCode, ...rest } = whole;
    expect([endedAt, statusCode]).toHaveLength(2);
    expect(await select()).toStrictEqual([
      {
        ...rest,
        outcome: 'in_flight',
        requestBytes: 0,
        responseBytes: 0,
        durationMs: 0,
        sequences: [1],
      },
    ]);
  });

  it('is one row when it was refused, also without an agent', async () => {
    const { agent: absent, ...anonymous } = refused(id);
    expect(absent).toBeDefined();
    await insert([anonymous, anonymous], [anonymous]);
    expect(await select()).toMatchObject([
      { outcome: 'refused', statusCode: 403, decision: { reason: 'grant_missing' } },
    ]);
    expect(Object.keys((await select())[0] ?? {})).not.toContain('agent');
  });

  it('keeps text as it came', async () => {
    const path = "/api/v1/namespaces/x'; DROP TABLE events --/\\n\u202e\u0000é";
    await insert([started(id, { path, userAgent: '{limit:UInt32}' })]);
    expect(await select()).toMatchObject([{ path, userAgent: '{limit:UInt32}' }]);
  });

  it('is not stored twice, and no other batch is lost, when a batch comes again', async () => {
    const other = commandIdAt('2026-01-05T09:00:01Z');
    await insert([started(id)], [started(other)]);
    await insert([started(id)], [started(other)]);
    await insert([started(other)]);
    expect((await select()).map((command) => command.id)).toEqual([other, id]);
  });
});

describe('what guardrails, holds and masks did to a command', () => {
  const holdId = '019c0000-7777-5000-8000-000000000001';
  const guard = {
    contentType: 'application/json',
    dryRun: false,
    policyVersion: '3f5a0c9e12ab',
    rule: 'access/hold-production',
    matched: [
      { rule: 'access/hold-production', action: 'hold', doubt: 'not_known' },
      { rule: 'access/mask-all', action: 'mask' },
    ],
    holdId,
    warnings: ["x'); DROP TABLE commands --"],
  } satisfies Partial<CommandRecord>;
  const answer = {
    masked: 0,
    transfers: [
      {
        direction: 'download',
        path: '/var/log/app',
        bytes: 5_000_000_000,
        sha256: 'a1'.repeat(32),
      },
    ],
    archive: {
      direction: 'download',
      files: [
        { path: "app'\u202e", kind: 'file', bytes: 5, sha256: 'b2'.repeat(32) },
        { path: 'half', kind: 'file', bytes: 9_007_199_254_740_991, received: 4 },
      ],
      ...{ more: 3, unreadFrom: 7 },
    },
    flows: [{ port: 80, connections: 1, sent: 2, received: 3 }],
    exitCode: 0,
    typed: [
      { rule: 'sessions/careful', action: 'warn' },
      { rule: 'sessions/noted', action: 'recordOnly', doubt: 'not_known' },
    ],
  } satisfies Partial<CommandRecord>;
  const ids = ['09:00:00', '09:00:01', '09:00:02', '09:00:03'].map((time) =>
    commandIdAt(`2026-01-05T${time}Z`),
  ) as [string, string, string, string];

  it.each([
    ['start first', [[started(id, guard)], [ended(id, answer)]]],
    ['end first', [[ended(id, answer)], [started(id, guard), ended(id, answer)]]],
  ])('stands in its row: %s', async (_, batches) => {
    await insert(...batches);
    expect(await select()).toMatchObject([{ ...whole, ...guard, ...answer }]);
    await store.client.command({ query: `OPTIMIZE TABLE ${store.database}.commands FINAL` });
    expect(await select()).toMatchObject([{ ...whole, ...guard, ...answer }]);
  });

  it.each<[Record<string, string>, number[]]>([
    [{ rule: 'access/mask-all' }, [0]],
    [{ rule: 'access/hold-production,other/deny' }, [2, 0]],
    [{ rule: 'sessions/typed' }, [1]],
    [{ rule: 'sessions/noted' }, [0]],
    [{ rule: 'access' }, []],
    [{ rule: "x') OR 1=1 --" }, []],
    [{ decision: 'held' }, [0]],
    [{ decision: 'masked' }, [1]],
    [{ decision: 'denied' }, [2]],
    [{ decision: 'deny' }, [3, 2]],
    [{ hold: holdId }, [0]],
    [{ policy: '3f5a0c9e12ab' }, [0]],
  ])('is found by %j', async (query, expected) => {
    await insert([started(ids[0], guard), started(ids[1]), refused(ids[3])]);
    await insert([ended(ids[0], answer), ended(ids[1], { masked: 3, rule: 'sessions/typed' })]);
    await insert([refused(ids[2], { rule: 'other/deny' })]);
    const found = await select(query);
    expect(found.map((command) => ids.indexOf(command.id))).toEqual(expected);
  });
});

describe('a command whose start and end were stored apart', () => {
  it.each<Record<string, string>>([
    { agent: 'agent-oncall' },
    { request: requestId },
    { grant: grantId },
    { namespace: 'payments' },
    { connection: 'prod-eks' },
    { verb: 'patch' },
    { outcome: 'completed' },
    { status: '200' },
  ])('is found whole by %j', async (query) => {
    await insert([started(id)], [ended(id)]);
    expect(await select(query)).toStrictEqual([{ ...whole, sequences: [1, 2] }]);
  });

  it('is not found by what its start alone would match', async () => {
    await insert([started(id)], [ended(id)]);
    expect(await select({ outcome: 'in_flight' })).toEqual([]);
  });
});

describe('selecting commands', () => {
  const ids = ['09:00:00', '09:00:01', '09:00:02', '09:00:03'].map((time) =>
    commandIdAt(`2026-01-05T${time}Z`),
  ) as [string, string, string, string];
  const other = { ...agent, issuer: 'https://other.test', subject: 'agent-reader' };

  beforeEach(() =>
    insert([
      started(ids[0]),
      ended(ids[0], { outcome: 'cut', reason: 'grant_expired' }),
      started(ids[1], { agent: other, verb: 'get', resource: 'pods', subresource: 'log' }),
      refused(ids[2], { namespace: 'default', name: 'db', connection: 'staging' }),
      refused(ids[3], {
        statusCode: 429,
        grantId: '019c0000-0000-7000-8000-0000000000ff',
        accessRequestId: '019c0000-0000-7000-8000-0000000000fe',
        decision: { effect: 'deny', reason: 'too_many', message: '' },
      }),
    ]),
  );

  it.each<[Record<string, string>, number[]]>([
    [{}, [3, 2, 1, 0]],
    [{ order: 'asc' }, [0, 1, 2, 3]],
    [{ limit: '2' }, [3, 2, 1]],
    [{ since: '2026-01-05T09:00:02Z' }, [3, 2]],
    [{ until: '2026-01-05T10:00:02+01:00' }, [1, 0]],
    [{ agent: 'agent-reader' }, [1]],
    [{ agent: 'https://other.test#agent-reader' }, [1]],
    [{ agent: 'https://idp.test#agent-reader' }, []],
    [{ grant: grantId }, [2, 1, 0]],
    [{ request: requestId }, [2, 1, 0]],
    [{ connection: 'staging' }, [2]],
    [{ connection: 'staging,prod-eks' }, [3, 2, 1, 0]],
    [{ namespace: 'default' }, [2]],
    [{ verb: 'get' }, [1]],
    [{ resource: 'pods' }, [1]],
    [{ resource: 'pods/log' }, [1]],
    [{ resource: 'pods/exec' }, []],
    [{ name: 'db' }, [2]],
    [{ decision: 'deny' }, [3, 2]],
    [{ reason: 'too_many' }, [3]],
    [{ outcome: 'in_flight' }, [1]],
    [{ outcome: 'cut,refused' }, [3, 2, 0]],
    [{ status: '403' }, [2]],
    [{ status: '2xx,429' }, [3, 0]],
    [{ name: "' OR 1=1 --" }, []],
  ])('%j', async (query, expected) => {
    const found = await select(query);
    expect(found.map((command) => ids.indexOf(command.id))).toEqual(expected);
  });
});
