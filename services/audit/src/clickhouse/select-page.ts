import type { ClickHouseClient, ClickHouseSettings } from '@clickhouse/client';
import { allOf, type Condition } from './condition.js';
import { auditQueryError } from './audit-query-error.js';
import type { Identifier } from './identifier.js';
import type { RowAccess } from './row-access.js';

export interface AuditStore {
  readonly client: ClickHouseClient;
  readonly database: Identifier;
}

/** What is made of the streams; `stream_messages` of every message of all. */
export type AuditTable =
  | 'events'
  | 'commands'
  | 'holds'
  | 'stops'
  | 'uses'
  | 'audit_events'
  | 'bodies'
  | 'session_chunks'
  | 'checkpoints'
  | 'stream_messages';

/** A place between two rows: the sorting key of the row before it. */
export type Position = readonly [at: string, id: string];

/** What somebody asks for of a table, from where on, and what of it they may see. */
export interface RowQuery<Filter> {
  readonly filter: Filter;
  readonly after: Position | undefined;
  readonly access: RowAccess;
}

export interface Selection {
  readonly table: AuditTable;
  readonly columns: string;
  /** Time and id, which make the sorting key, with the ClickHouse type of the id. */
  readonly key: { readonly time: string; readonly id: string; readonly idType: string };
  readonly conditions: readonly Condition[];
  readonly order: 'asc' | 'desc';
  readonly limit: number;
  readonly after: Position | undefined;
}

/** What one query may cost at most; the ingest shares the server with it. */
export const BOUNDS: ClickHouseSettings = {
  max_execution_time: 10,
  timeout_overflow_mode: 'throw',
  max_memory_usage: '2000000000',
  max_result_bytes: '64000000',
  result_overflow_mode: 'throw',
  max_threads: 4,
  date_time_output_format: 'iso',
  output_format_json_quote_64bit_integers: 0,
  do_not_merge_across_partitions_select_final: 1,
  // Without it an index would leave out the rows of a key that do not match by themselves, such as the end of
  // a command, which names no agent.
  use_skip_indexes_if_final: 1,
  use_skip_indexes_if_final_exact_mode: 1,
};

/**
 * Reads up to `limit` rows and one more, which tells that there is a next page.
 *
 * @throws AuditQueryError
 */
export async function selectPage(
  { client, database }: AuditStore,
  selection: Selection,
): Promise<unknown[]> {
  const { time, id } = selection.key;
  const where = allOf([...selection.conditions, ...beyond(selection)]);
  const order = selection.order === 'asc' ? 'ASC' : 'DESC';
  try {
    const result = await client.query({
      // FINAL: rows of one key that are not merged yet are merged while reading.
      query: `SELECT ${selection.columns} FROM ${database}.${selection.table} FINAL
WHERE ${where.sql} ORDER BY ${time} ${order}, ${id} ${order} LIMIT {limit:UInt32}`,
      query_params: { ...where.parameters, limit: selection.limit + 1 },
      format: 'JSONEachRow',
      clickhouse_settings: BOUNDS,
    });
    return await result.json();
  } catch (error) {
    throw auditQueryError(error);
  }
}

/** What is behind a place. */
export function beyond({
  key,
  order,
  after,
}: Pick<Selection, 'key' | 'order' | 'after'>): readonly Condition[] {
  if (after === undefined) return [];
  const [at, id] = after;
  const than = order === 'asc' ? '>' : '<';
  return [
    {
      // The first half is implied by the second; it alone lets the primary key skip what was read before.
      sql: `${key.time} ${than}= {cursorAt:DateTime64(3, 'UTC')} AND (${key.time}, ${key.id}) ${than} ({cursorAt:DateTime64(3, 'UTC')}, {cursorId:${key.idType}})`,
      parameters: { cursorAt: at, cursorId: id },
    },
  ];
}
