import { foundBefore, foundBySome, timesOf } from './commands-that.js';
import { allOf, type Condition } from './condition.js';
import type { AuditStore } from './select-page.js';
import { selectRows } from './select-rows.js';

/** Of the rows that are next in order, how many are looked at first: start and end of a command, and some beside. */
const FIRST_ROWS = 2000;
const ROWS_PER_COMMAND = 4;

export interface CommandPage {
  readonly columns: string;
  /** All of them, the place after which the page begins too. */
  readonly conditions: readonly Condition[];
  readonly order: 'asc' | 'desc';
  /** Rows of the answer at most. */
  readonly limit: number;
}

/**
 * Reads the first commands in order that meet the conditions.
 *
 * In three steps of one query: the times of rows that may be meant, the keys of the first that are, and only of
 * these all columns. Most often a page is full of what comes next in order; when it is not, everything is looked through.
 *
 * @throws AuditQueryError
 */
export async function selectCommandPage(store: AuditStore, page: CommandPage): Promise<unknown[]> {
  const soon = await read(store, page, nextInOrder(store, page));
  if (soon.length >= page.limit) return soon;
  return read(store, page, foundBefore(store.database, page.conditions));
}

/** Whatever is left out by it is behind everything that is not. */
function nextInOrder(
  { database }: AuditStore,
  { conditions, order, limit }: CommandPage,
): readonly string[] {
  const keys = foundBySome(conditions, 'key');
  const groups = [
    foundBySome(conditions, 'few').slice(0, 1),
    foundBySome(conditions, 'start'),
    foundBySome(conditions, 'one').slice(0, 1),
  ];
  const group = groups.find((each) => each.length > 0) ?? [];
  const rows = Math.max(FIRST_ROWS, ROWS_PER_COMMAND * limit);
  const times = `${timesOf(database, [...keys, ...group])} ORDER BY received_at ${order} LIMIT ${rows}`;
  return [...keys.map(({ sql }) => `(${sql})`), `received_at IN (${times})`];
}

function read(
  store: AuditStore,
  { columns, conditions, order, limit }: CommandPage,
  before: readonly string[],
): Promise<unknown[]> {
  const { sql, parameters } = allOf(conditions);
  const prewhere = before.length === 0 ? '' : ` PREWHERE ${before.join(' AND ')}`;
  const inOrder = `ORDER BY received_at ${order}, command_id ${order} LIMIT {limit:UInt32}`;
  return selectRows(store, {
    query: `SELECT ${columns} FROM ${store.database}.commands FINAL
PREWHERE (received_at, command_id) IN (
  SELECT received_at, command_id FROM ${store.database}.commands FINAL${prewhere} WHERE ${sql} ${inOrder})
${inOrder}`,
    parameters: { ...parameters, limit },
  });
}
