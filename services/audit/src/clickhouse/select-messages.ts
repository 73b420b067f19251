import type { ClickHouseSettings } from '@clickhouse/client';
import { z } from 'zod';
import { LINES_PER_MESSAGE } from '../domain/position.js';
import { DERIVED_WRONG } from '../domain/row-differences.js';
import { placeColumns, standsBetween } from './places-migration.js';
import type { AuditStore, AuditTable } from './select-page.js';
import { BOUNDS, selectRows, type RowsQuery } from './select-rows.js';

/** A row of `stream_messages`. */
export const MessageColumns = z.object({
  sequence: z.int(),
  stored_at: z.string(),
  subject: z.string(),
  digest: z.string(),
  bytes: z.int(),
  lines: z.int(),
  form: z.enum(['record', 'lines', 'open_lines', '']).catch(''),
  parked: z.array(z.object({ line: z.int(), content: z.string() })),
});
export type MessageColumns = z.infer<typeof MessageColumns>;

/** Sequences from and to, both of them. */
export interface SequenceRange {
  readonly from: number;
  readonly to: number;
}

/** Tables of lines of `COMMANDS`, with the columns of their keys. */
const keys = {
  commands: 'received_at, command_id',
  bodies: 'received_at, command_id, direction',
  session_chunks: 'received_at, command_id, chunk_index',
} as const;
export type LineTable = keyof typeof keys;
export const lineTableNames: readonly LineTable[] = ['commands', 'bodies', 'session_chunks'];

const settings: ClickHouseSettings = { ...BOUNDS, max_execution_time: 60 };
const select = (store: AuditStore, query: RowsQuery): Promise<unknown[]> =>
  selectRows(store, { ...query, settings });

const MAX_STRAYS = 1_000;

/** What stands of a stream in `stream_messages`, from a sequence on. */
export async function selectMessages(
  store: AuditStore,
  {
    stream,
    from,
    limit,
  }: { readonly stream: string; readonly from: number; readonly limit: number },
): Promise<readonly MessageColumns[]> {
  const rows = await select(store, {
    query: `SELECT sequence, stored_at, subject, digest, bytes, lines, form, parked
FROM ${store.database}.stream_messages FINAL
WHERE stream = {stream:String} AND sequence >= {from:UInt64}
ORDER BY sequence, stored_at LIMIT {limit:UInt32}`,
    parameters: { stream, from, limit },
  });
  return z.array(MessageColumns).parse(rows);
}

/** The whole rows of lines that stand in these messages. */
export async function selectLines(
  store: AuditStore,
  table: LineTable,
  { from, to }: SequenceRange,
): Promise<unknown[]> {
  const key = keys[table];
  // Found by the columns of places alone, and only then merged.
  return select(store, {
    query: `${await selectWhole(store, table)}
WHERE (${key}) IN (SELECT ${key} FROM ${store.database}.${table} WHERE ${standsBetween(table)}) ORDER BY ${key}`,
    parameters: { from: placeOf(from), to: placeOf(to + 1) },
  });
}

/** The whole rows of events of these messages. */
export const selectStreamEvents = async (
  store: AuditStore,
  table: AuditTable,
  { from, to }: SequenceRange,
): Promise<unknown[]> =>
  select(store, {
    query: `${await selectWhole(store, table)}
WHERE sequence >= {from:UInt64} AND sequence <= {to:UInt64} ORDER BY sequence`,
    parameters: { from: String(from), to: String(to) },
  });

const Derived = z.array(z.object({ name: z.string(), expression: z.string() }));

/**
 * All columns of a table that are written. Those that the engine makes of others are compared with them there:
 * {@link DERIVED_WRONG} has the names of those that are not what they should be.
 */
async function selectWhole(store: AuditStore, table: AuditTable): Promise<string> {
  const derived = Derived.parse(
    await select(store, {
      query: `SELECT name, default_expression AS expression FROM system.columns
WHERE database = {database:String} AND table = {table:String} AND default_expression != '' ORDER BY name`,
      parameters: { database: store.database, table },
    }),
  );
  const names = derived.map(({ name }) => `\`${name}\``);
  const wrong = derived.map(
    ({ name, expression }) => `toString(\`${name}\`) = toString(${expression}) ? '' : '${name}'`,
  );
  const but = names.length === 0 ? '' : ` EXCEPT (${names.join(', ')})`;
  const told = `arrayFilter(name -> name != '', CAST([${wrong.join(', ')}], 'Array(String)'))`;
  return `SELECT *${but}, ${told} AS ${DERIVED_WRONG} FROM ${store.database}.${table} FINAL`;
}

/** Rows that name no message that they came from. */
export async function selectStrays(
  store: AuditStore,
  table: LineTable,
): Promise<readonly { readonly table: string; readonly row: string }[]> {
  const key = keys[table];
  const rows = await select(store, {
    query: `SELECT concatWithSeparator(' ', ${key}) AS row FROM ${store.database}.${table} FINAL
WHERE ${placeColumns[table].map((column) => `empty(${column})`).join(' AND ')} LIMIT {limit:UInt32}`,
    parameters: { limit: MAX_STRAYS },
  });
  return z
    .array(z.object({ row: z.string() }))
    .parse(rows)
    .map(({ row }) => ({ table, row }));
}

/** As text: places of the last page go beyond what a number can say exactly. */
const placeOf = (sequence: number): string =>
  (BigInt(sequence) * BigInt(LINES_PER_MESSAGE)).toString();
