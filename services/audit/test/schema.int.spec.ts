import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { applyMigrations, type Schema } from '../src/clickhouse/apply-migrations.js';
import { Identifier } from '../src/clickhouse/identifier.js';
import { keepForDays } from '../src/clickhouse/keep-for-days.js';
import { migrations, type Migration } from '../src/clickhouse/migrations.js';
import { onCluster } from '../src/clickhouse/on-cluster.js';
import { requireTables } from '../src/clickhouse/require-tables.js';
import { startTestStore, type TestStore } from './test-store.js';

let store: TestStore;
let schema: Schema;

beforeAll(async () => {
  store = await startTestStore();
  schema = { ...store, clock: () => new Date('2026-01-05T00:00:00Z') };
});
afterAll(() => store.stop());
beforeEach(() => store.client.command({ query: 'DROP DATABASE IF EXISTS drawbridge' }));

const command = (query: string) => store.client.command({ query });
const journal = () =>
  store.rows('SELECT version, name FROM drawbridge.schema_migrations FINAL ORDER BY version');
const asApplied = migrations.map(({ version, name }) => ({ version, name }));

describe('migrating', () => {
  it('makes the tables in an empty server, and changes nothing the second time', async () => {
    await applyMigrations(schema);
    await requireTables(schema);
    await applyMigrations(schema);
    expect(await journal()).toEqual(asApplied);
    expect(await store.rows('SELECT count() AS rows FROM drawbridge.schema_migrations')).toEqual([
      { rows: migrations.length },
    ]);
  });

  it('keeps a batch of commands in a part of few files', async () => {
    await applyMigrations(schema);
    await command(`INSERT INTO drawbridge.commands (command_id, received_at, path)
SELECT generateUUIDv4(), toDateTime64('2026-01-05 00:00:00', 3, 'UTC'), randomPrintableASCII(200) FROM numbers(100000)`);
    const parts = await store.rows(`SELECT part_type, data_uncompressed_bytes > 20e6 AS large
FROM system.parts WHERE active AND database = 'drawbridge' AND table = 'commands'`);
    expect(parts).toEqual([{ part_type: 'Compact', large: 1 }]);
  });

  it('may be done by several replicas at once', async () => {
    await Promise.all([applyMigrations(schema), applyMigrations(schema), applyMigrations(schema)]);
    expect(await journal()).toEqual(asApplied);
    await requireTables(schema);
  });

  it('goes on where a process died, before or after the step was noted', async () => {
    const dying: Migration = {
      version: migrations.length + 1,
      name: 'dies',
      statements: (database) => [
        `CREATE TABLE IF NOT EXISTS ${database}.step (n UInt8) ENGINE = MergeTree ORDER BY n`,
        'this is where it dies',
      ],
    };
    await expect(applyMigrations(schema, [...migrations, dying])).rejects.toThrow();
    expect(await journal()).toEqual(asApplied);
    const mended: Migration = {
      ...dying,
      statements: (database) => dying.statements(database).slice(0, 1),
    };
    await applyMigrations(schema, [...migrations, mended]);
    expect(await journal()).toEqual([
      ...asApplied,
      { version: migrations.length + 1, name: 'dies' },
    ]);
  });

  it('refuses a database that a newer version has been at, and changes nothing', async () => {
    const newer: Migration = { version: 99, name: 'newer', statements: () => ['SELECT 1'] };
    await applyMigrations(schema, [newer]);
    await expect(applyMigrations(schema)).rejects.toMatchObject({ code: 'schema_too_new' });
    expect(
      await store.rows("SELECT name FROM system.tables WHERE database = 'drawbridge'"),
    ).toEqual([{ name: 'schema_migrations' }]);
  });

  it('refuses a released migration that was edited', async () => {
    await applyMigrations(schema);
    const [first, ...others] = migrations;
    const edited: Migration = { ...first!, statements: () => ['SELECT 2'] };
    await expect(applyMigrations(schema, [edited, ...others])).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining('1 (events)') as string,
    });
  });
});

describe('checking the tables', () => {
  beforeEach(() => applyMigrations(schema));

  it.each([
    ['a missing table', 'DROP TABLE drawbridge.events', 'is missing'],
    [
      'a column that was dropped',
      'ALTER TABLE drawbridge.commands DROP COLUMN duration_ms',
      'no column duration_ms',
    ],
    [
      'an engine that keeps every copy',
      'CREATE OR REPLACE TABLE drawbridge.events (sequence UInt64, at DateTime64(3)) ENGINE = MergeTree ORDER BY (at, sequence)',
      'engine is MergeTree',
    ],
    [
      'another sorting key',
      'CREATE OR REPLACE TABLE drawbridge.events (sequence UInt64, at DateTime64(3)) ENGINE = ReplacingMergeTree ORDER BY at',
      'sorted by at',
    ],
  ])('refuses %s', async (_, change, message) => {
    await command(change);
    await expect(requireTables(schema)).rejects.toMatchObject({
      code: 'schema_mismatch',
      message: expect.stringContaining(message) as string,
    });
  });

  it('accepts a column that somebody added', async () => {
    await command('ALTER TABLE drawbridge.commands ADD COLUMN note String');
    await requireTables(schema);
  });
});

describe('keeping rows for some days', () => {
  const expiryOf = async (table: string) => {
    const [row] = await store.rows(
      `SELECT extract(create_table_query, 'TTL .*? SETTINGS') AS ttl FROM system.tables WHERE database = 'drawbridge' AND name = '${table}'`,
    );
    return row;
  };

  it('sets it, changes it, and leaves it alone when it is so', async () => {
    await applyMigrations(schema);
    await keepForDays(schema, 400);
    expect(await expiryOf('events')).toEqual({
      ttl: 'TTL toDateTime(at) + toIntervalDay(400) SETTINGS',
    });
    const refusing: Schema = {
      ...schema,
      client: Object.assign(Object.create(store.client) as typeof store.client, {
        command: () => Promise.reject(new Error('altered again')),
      }),
    };
    await keepForDays(refusing, 400);
    await keepForDays(schema, 40);
    expect(await expiryOf('commands')).toEqual({
      ttl: 'TTL toDateTime(received_at) + toIntervalDay(40) SETTINGS',
    });
    await applyMigrations(schema);
    await requireTables(schema);
  });
});

describe('a cluster', () => {
  it('is given statements that ClickHouse understands', async () => {
    const cluster = Identifier.parse('record');
    const statements = migrations.flatMap((migration) => migration.statements(store.database));
    for (const statement of statements) {
      // The embedded engine has no keeper to replicate with: it reads them, which is where a mistake would show.
      const rows = await store.rows(`EXPLAIN AST ${onCluster(statement, cluster)}`);
      expect(rows.length).toBeGreaterThan(1);
    }
    await expect(store.rows('EXPLAIN AST CREATE TABLE ON CLUSTER')).rejects.toThrow();
  });
});
