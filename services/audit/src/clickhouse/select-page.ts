import type { ClickHouseClient } from '@clickhouse/client';
import { allOf, type Condition } from './condition.js';
import type { Identifier } from './identifier.js';
import type { RowAccess } from './row-access.js';
import { selectRows } from './select-rows.js';

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

/**
 * Reads up to `limit` rows and one more, which tells that there is a next page.
 *
 * @throws AuditQueryError
 */
export async function selectPage(store: AuditStore, selection: Selection): Promise<unknown[]> {
  const { time, id } = selection.key;
  const where = allOf([...selection.conditions, ...beyond(selection)]);
  const order = selection.order === 'asc' ? 'ASC' : 'DESC';
  return selectRows(store, {
    // FINAL: rows of one key that are not merged yet are merged while reading.
    query: `SELECT ${selection.columns} FROM ${store.database}.${selection.table} FINAL
WHERE ${where.sql} ORDER BY ${time} ${order}, ${id} ${order} LIMIT {limit:UInt32}`,
    parameters: { ...where.parameters, limit: selection.limit + 1 },
  });
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
