import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { AuditQueryError } from '../src/clickhouse/audit-query-error.js';
import { BOUNDS, selectAs, selectRows } from '../src/clickhouse/select-rows.js';
import { startTestStore, type TestStore } from './test-store.js';

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
});
afterAll(() => store.stop());

const errorOf = (answer: Promise<unknown>): Promise<AuditQueryError> =>
  answer.then(
    () => expect.fail('there is an answer'),
    (error: unknown) => (error instanceof AuditQueryError ? error : expect.fail(String(error))),
  );

/** Those of one query, as ClickHouse took them. */
async function settingsOf(settings: { readonly settings?: typeof BOUNDS }) {
  const rows = await selectAs(store, z.array(z.object({ name: z.string(), value: z.string() })), {
    query: 'SELECT name, value FROM system.settings WHERE name IN {names:Array(String)}',
    parameters: { names: Object.keys(BOUNDS) },
    ...settings,
  });
  return Object.fromEntries(rows.map(({ name, value }) => [name, value]));
}
const asText = (settings: typeof BOUNDS) =>
  Object.fromEntries(Object.entries(settings).map(([name, value]) => [name, String(value)]));

describe('asking the store', () => {
  it('is bounded, by the bounds of every query unless there are others', async () => {
    expect(await settingsOf({})).toEqual(asText(BOUNDS));
    const settings = { ...BOUNDS, max_execution_time: 60 };
    expect(await settingsOf({ settings })).toEqual(asText(settings));
  });

  it('takes values for values', async () => {
    const parameters = { text: "x'; DROP TABLE drawbridge.commands; --" };
    const query = 'SELECT {text:String} AS text, NULL AS nothing';
    expect(await selectRows(store, { query, parameters })).toEqual([
      { text: parameters.text, nothing: null },
    ]);
  });

  it('says that it costs too much, and nothing of what ClickHouse says', async () => {
    const settings = { ...BOUNDS, max_result_rows: '1' };
    const asked = { query: 'SELECT number FROM numbers(2)', parameters: {}, settings };
    expect(await errorOf(selectRows(store, asked))).toMatchObject({
      code: 'audit_query_too_expensive',
      message: 'the query takes too long or too much memory: narrow it with "since" and "until"',
    });
  });

  it.each(['selectRows', 'selectAs'])('says that there is no answer: %s', async (way) => {
    const asked = { query: 'SELECT secret FROM drawbridge.nothing', parameters: {} };
    const ask = way === 'selectAs' ? selectAs(store, z.unknown(), asked) : selectRows(store, asked);
    expect(await errorOf(ask)).toMatchObject({
      code: 'audit_store_unavailable',
      message: 'the audit store does not answer',
    });
  });

  it('takes rows that cannot be read for no answer', async () => {
    const rows = z.array(z.object({ one: z.string() }));
    const asked = (one: string) => ({ query: `SELECT ${one} AS one`, parameters: {} });
    expect(await selectAs(store, rows, asked("'1'"))).toEqual([{ one: '1' }]);
    expect(await errorOf(selectAs(store, rows, asked('1')))).toMatchObject({
      code: 'audit_store_unavailable',
      message: 'the audit store does not answer',
    });
  });
});
