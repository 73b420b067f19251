import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ClickHouseClient } from '@clickhouse/client';
import { startEmbeddedClickHouse, type EmbeddedClickHouse } from '@drawbridge/embedded';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations } from '../src/clickhouse/apply-migrations.js';
import { Identifier } from '../src/clickhouse/identifier.js';
import { insertRows, insertText } from '../src/clickhouse/insert-rows.js';
import { eventRow } from '../src/domain/event-row.js';
import { requestHistory, stored } from './sample-events.js';

const database = Identifier.parse('drawbridge');
let directory: string;
let engine: EmbeddedClickHouse;
let client: ClickHouseClient;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-half-stored-'));
  await open();
  await applyMigrations({ client, database, clock: () => new Date('2026-01-05T00:00:00Z') });
});
afterEach(async () => {
  await engine.close();
  await rm(directory, { recursive: true, force: true });
});

async function open(): Promise<void> {
  engine = await startEmbeddedClickHouse({ directory });
  client = engine.createClient();
}

async function ask<Row>(query: string): Promise<Row[]> {
  return (await client.query({ query, format: 'JSONEachRow' })).json<Row>();
}

/** What a kill leaves between the note that a batch is known and the place of its rows: the note alone. */
async function forgetParts(table: string): Promise<void> {
  const parts = await ask<{ path: string }>(
    `SELECT path FROM system.parts WHERE database = '${database}' AND table = '${table}' AND active`,
  );
  expect(parts).toHaveLength(1);
  await engine.close();
  for (const { path } of parts) await rm(path, { recursive: true });
  await open();
}

const count = async (table: string): Promise<number> =>
  Number((await ask<{ n: string }>(`SELECT count() AS n FROM ${database}.${table} FINAL`))[0]?.n);

const [event] = requestHistory.map((each) => stored(each, { sequence: 1 }));
const rows = [{ columns: eventRow(event!) }];
const text = {
  columns: ['received_at', 'command_id', 'connection'],
  text: Buffer.from('2026-01-05 09:00:00.000\t019b8d3a-0000-7000-8000-000000000001\tprod\n'),
  rows: 1,
};

describe('a batch that was killed before its rows were in their place', () => {
  it('of rows is stored when it comes again', async () => {
    const insert = () => insertRows({ client, database }, { table: 'events', rows });
    await insert();
    await forgetParts('events');
    expect(await count('events')).toBe(0);
    await insert();
    expect(await count('events')).toBe(1);
  });

  it('of text is stored when it comes again', async () => {
    const insert = () => insertText({ client, database }, 'commands', text);
    await insert();
    await forgetParts('commands');
    expect(await count('commands')).toBe(0);
    await insert();
    expect(await count('commands')).toBe(1);
  });

  it('is one of any table: none knows batches', async () => {
    const tables = await ask<{ name: string; text: string }>(
      `SELECT name, create_table_query AS text FROM system.tables WHERE database = '${database}'`,
    );
    const windows = tables.flatMap(({ name, text: made }) =>
      /deduplication_window = (?!0\b)/.test(made) ? [name] : [],
    );
    expect(windows).toEqual([]);
  });
});
