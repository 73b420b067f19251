/** A row as it is read, or as it would be written: a column that is left out is empty. */
export type AnyRow = Readonly<Record<string, unknown>>;

/** Where lines stand is compared elsewhere: a row may be of several messages. */
const NOT_COMPARED = new Set(['positions', 'start_positions', 'end_positions']);

/** Column of a query: names of columns that the engine makes of others, and that are not what it would make. */
export const DERIVED_WRONG = 'derived_wrong';

/** Names of columns in which a row is not what the lines that it was made of say. */
export function differencesOf(row: AnyRow, wanted: AnyRow): readonly string[] {
  const { [DERIVED_WRONG]: derived = [], ...written } = row;
  const wrong = Object.keys(written).filter(
    (column) => !NOT_COMPARED.has(column) && textOf(row[column]) !== textOf(wanted[column]),
  );
  return [...wrong, ...(Array.isArray(derived) ? derived.map(String) : [])];
}

/** Start and end of a command in one row: of what both say, the table keeps the greater. */
export function mergedRow(one: AnyRow, other: AnyRow): AnyRow {
  const merged: Record<string, unknown> = { ...one };
  for (const [column, value] of Object.entries(other)) {
    merged[column] = isGreater(one[column], value) ? one[column] : value;
  }
  return merged;
}

function isGreater(one: unknown, other: unknown): boolean {
  if (typeof one === 'number' && typeof other === 'number') return one > other;
  return typeof one === 'string' && typeof other === 'string' && one > other;
}

const INSTANT = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?Z$/;
/** An id in text columns of no event, and the least time, stand for nothing. */
const NOTHING = new Set(['', '0', 'false', 'null', '[]', '1970-01-01T00:00:00.000Z']);

/** Equal for what the table cannot tell apart: times of one millisecond, and what is not there and what is empty. */
function textOf(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value ?? null);
  const told = INSTANT.test(text) ? `${text.slice(0, 19)}.${milliseconds(text)}Z` : text;
  return NOTHING.has(told) ? '' : told;
}

const milliseconds = (text: string): string => text.slice(20, -1).padEnd(3, '0').slice(0, 3);
