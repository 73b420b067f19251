import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { applyMigrations } from '../src/clickhouse/apply-migrations.js';
import { startTestStore, type TestStore } from './test-store.js';

const root = join(import.meta.dirname, '../../..');
const page = readFileSync(join(root, 'docs/record-tables.md'), 'utf8');
const users = readFileSync(join(root, 'infra/clickhouse/users.d/drawbridge-reader.xml'), 'utf8');

interface Column {
  readonly name: string;
  readonly type: string;
}

/** Tables of the page, each with its columns in their order. */
const documented = new Map(
  page
    .split(/^## /m)
    .slice(1)
    .map((section): [string, Column[]] => {
      const [, table = ''] = /^`(\w+)`/.exec(section) ?? [];
      const rows = section.matchAll(/^\| `(\w+)` +\| `([^`]+)` +\| (.+?) +\|$/gm);
      return [table, [...rows].map(([, name = '', type = '']) => ({ name, type }))];
    }),
);

/** As it is read: without what only says how rows are kept and merged. */
const readType = (type: string): string =>
  type
    .replace(/^SimpleAggregateFunction\(\w+, (.*)\)$/, '$1')
    .replace(/LowCardinality\(([^()]*)\)/, '$1');

const Columns = z.array(z.object({ table: z.string(), name: z.string(), type: z.string() }));

let store: TestStore;
beforeAll(async () => {
  store = await startTestStore();
  await applyMigrations({ ...store, clock: () => new Date('2026-01-05T00:00:00Z') });
});
afterAll(() => store.stop());

describe('docs/record-tables.md', () => {
  it('has every column of its tables as it is, in its order', async () => {
    const found = Columns.parse(
      await store.rows(
        "SELECT table, name, type FROM system.columns WHERE database = 'drawbridge' ORDER BY table, position",
      ),
    );
    expect(documented.size).toBeGreaterThan(0);
    for (const [table, columns] of documented) {
      const real = found
        .filter((column) => column.table === table)
        .map(({ name, type }) => ({ name, type: readType(type) }));
      expect(columns, table).toEqual(real);
    }
  });

  it('has the tables that drawbridge_reader may read, and no others', () => {
    const granted = [...users.matchAll(/<query>(.*?)<\/query>/g)].map(([, query]) => query);
    expect(granted.toSorted()).toEqual(
      [...documented.keys()].map((table) => `GRANT SELECT ON drawbridge.${table}`).toSorted(),
    );
  });

  it('names the time of each table, by which it is sorted or kept', async () => {
    for (const table of documented.keys()) {
      const [, time = ''] =
        new RegExp(`^## \`${table}\`\\n[^#]*?Time: \`?(\\w+)`, 'm').exec(page) ?? [];
      const [row] = await store.rows(
        `SELECT concat(sorting_key, ' ', partition_key) AS keys FROM system.tables WHERE database = 'drawbridge' AND name = '${table}'`,
      );
      const { keys } = z.object({ keys: z.string() }).parse(row);
      if (time === 'none') expect(keys, table).not.toMatch(/toYYYYMM/);
      else expect(keys, table).toContain(`toYYYYMM(${time})`);
    }
  });

  it('shows queries that run', async () => {
    const shown = [...page.matchAll(/--query "([^"]+)"|`FROM (commands FINAL PREWHERE [^`]+)`/g)];
    expect(shown).toHaveLength(2);
    for (const [, query, from] of shown) {
      const sql = (query ?? `SELECT count() FROM ${from}`).replaceAll(
        /FROM commands/g,
        'FROM drawbridge.commands',
      );
      await store.rows(sql);
    }
  });
});
