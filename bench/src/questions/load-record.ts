import type { EmbeddedClickHouse } from '@drawbridge/embedded';
import { commandsOf } from './recorded-commands.js';
import { contentOf } from './recorded-content.js';
import { eventsOf } from './recorded-events.js';

export type Client = ReturnType<EmbeddedClickHouse['createClient']>;

const DATABASE = 'drawbridge';
const PART = 500_000;

export interface Loading {
  readonly commands: number;
  readonly say: (line: string) => void;
}

/** Makes the record, unless it is there already from an earlier run. */
export async function loadRecord(client: Client, { commands, say }: Loading): Promise<void> {
  const there = await numberOf(client, `SELECT count() AS n FROM ${DATABASE}.commands`);
  if (there > 0) say(`${there} rows of commands are there already`);
  else await loadCommands(client, { commands, say });
  const bodies = await numberOf(client, `SELECT count() AS n FROM ${DATABASE}.bodies`);
  if (bodies > 0) return;
  for (let from = 0; from < commands; from += PART) {
    const count = Math.min(PART, commands - from);
    for (const query of contentOf({ database: DATABASE, from, count, commands })) {
      await client.command({ query });
    }
  }
  say('bodies and recordings');
}

async function loadCommands(client: Client, { commands, say }: Loading): Promise<void> {
  for (const query of eventsOf(DATABASE, commands)) await client.command({ query });
  for (let from = 0; from < commands; from += PART) {
    const count = Math.min(PART, commands - from);
    for (const query of commandsOf({ database: DATABASE, from, count, commands })) {
      await client.command({ query });
    }
    say(`${from + count} commands`);
  }
}

/** Some of the grants that commands were made by. */
export async function someGrants(client: Client): Promise<readonly string[]> {
  const rows = await rowsOf<{ id: string }>(
    client,
    `SELECT toString(grant_id) AS id FROM ${DATABASE}.events WHERE type = 'GrantIssued' ORDER BY cityHash64(id) LIMIT 200`,
  );
  return rows.map(({ id }) => id);
}

/** Words that are in one body alone. */
export async function someWords(client: Client): Promise<readonly string[]> {
  const rows = await rowsOf<{ word: string }>(
    client,
    `SELECT extract(content, 'trace-[0-9a-f]+') AS word FROM ${DATABASE}.bodies ORDER BY cityHash64(word) LIMIT 200`,
  );
  return rows.map(({ word }) => word);
}

/** Merges whatever is not merged yet. */
export async function mergeAll(client: Client): Promise<void> {
  for (const table of ['commands', 'events']) {
    await client.command({ query: `OPTIMIZE TABLE ${DATABASE}.${table} FINAL` });
  }
}

/** Rows, parts and bytes of each table; a command is one row once its start and end are merged, and two before. */
export async function sizeOf(client: Client, commands: number): Promise<Record<string, string>[]> {
  const rows = await rowsOf<{ table: string; rows: number; bytes: number; parts: number }>(
    client,
    `SELECT table, sum(rows) AS rows, sum(bytes_on_disk) AS bytes, count() AS parts FROM system.parts
WHERE active AND database = '${DATABASE}' GROUP BY table HAVING rows > 1000 ORDER BY bytes DESC`,
  );
  return rows.map(({ table, rows: count, bytes, parts }) => ({
    ...{ table, rows: String(count), parts: String(parts), MB: (bytes / 1e6).toFixed(0) },
    'bytes a row': (bytes / count).toFixed(1),
    'bytes a command': (bytes / commands).toFixed(1),
  }));
}

async function rowsOf<Row>(client: Client, query: string): Promise<Row[]> {
  const result = await client.query({
    query,
    format: 'JSONEachRow',
    clickhouse_settings: { output_format_json_quote_64bit_integers: 0 },
  });
  return result.json<Row>();
}

const numberOf = async (client: Client, query: string): Promise<number> =>
  (await rowsOf<{ n: number }>(client, query))[0]?.n ?? 0;
