import { afterAll, beforeAll, expect, it } from 'vitest';
import { applyMigrations } from '../src/clickhouse/apply-migrations.js';
import { standsBetween } from '../src/clickhouse/places-migration.js';
import { startTestStore, type TestStore } from './test-store.js';

/** As many granules of 8,192 rows as can be told apart; a message has a thousand lines. */
const ROWS = 81_920;
const PLACES_PER_MESSAGE = 1_024;

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await applyMigrations({ ...store, clock: () => new Date('2026-01-05T00:00:00Z') });
  // Every fourth has not ended yet.
  await store.client.command({
    query: `INSERT INTO drawbridge.commands (received_at, command_id, start_positions, end_positions)
SELECT toDateTime64('2026-01-05 00:00:00', 3) + number / 1000, toUUID(concat('019c0000-0000-7000-8000-', leftPad(toString(number), 12, '0'))),
  [number + 1], if(number % 4 = 0, [], [number + 501]) FROM numbers(${ROWS})`,
  });
});
afterAll(() => store.stop());

const of = (from: number) =>
  `FROM drawbridge.commands WHERE ${standsBetween('commands')}`
    .replaceAll('{from:UInt64}', String(from))
    .replaceAll('{to:UInt64}', String(from + PLACES_PER_MESSAGE));

it.each([0, 20_000, 60_000])('finds the lines from place %i on in some granules', async (from) => {
  const explained = await store.rows(`EXPLAIN indexes = 1 SELECT command_id ${of(from)}`);
  const granules = [...JSON.stringify(explained).matchAll(/Granules: (\d+)\/(\d+)/g)];
  const [, read, all] = granules.at(-1) ?? [];
  expect(Number(all)).toBeGreaterThanOrEqual(10);
  expect(Number(read)).toBeLessThanOrEqual(3);
  const everyLine = `SELECT command_id FROM drawbridge.commands ARRAY JOIN arrayConcat(start_positions, end_positions) AS place
WHERE place >= ${from} AND place < ${from + PLACES_PER_MESSAGE} GROUP BY command_id`;
  const [counted] = (await store.rows(`SELECT count() AS n FROM (${everyLine})`)) as {
    n: number;
  }[];
  const [found] = (await store.rows(`SELECT count() AS n ${of(from)}`)) as { n: number }[];
  expect(found).toStrictEqual(counted);
  expect(counted?.n).toBeGreaterThan(1_000);
});
