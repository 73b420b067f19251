import type { Identifier } from './identifier.js';

/** Columns of a table of lines that say where in its stream a line stands. */
export const placeColumns = {
  commands: ['start_positions', 'end_positions'],
  bodies: ['positions'],
  session_chunks: ['positions'],
} as const;

const MAX_UINT64 = '18446744073709551615';

/** A half of a command that has not come yet must not stand for the beginning of the stream. */
const first = (column: string): string =>
  `if(empty(${column}), ${MAX_UINT64}, arrayMin(${column}))`;
const last = (column: string): string => `arrayMax(${column})`;

/**
 * The first and the last place of each granule: whoever checks the record message by message would otherwise read the
 * places of all of it each time.
 */
export const placeIndexes = (database: Identifier): readonly string[] =>
  Object.entries(placeColumns).flatMap(([table, columns]) => {
    const bounds = columns.flatMap((column) => [first(column), last(column)]).join(', ');
    return [
      `ALTER TABLE ${database}.${table} ADD INDEX IF NOT EXISTS places (${bounds}) TYPE minmax GRANULARITY 1`,
      `ALTER TABLE ${database}.${table} MATERIALIZE INDEX places`,
    ];
  });

/**
 * That a line of `table` stands from the parameter `from` on and before `to`; the bounds are those of the index.
 */
export const standsBetween = (table: keyof typeof placeColumns): string =>
  placeColumns[table]
    .map(
      (column) =>
        `(${last(column)} >= {from:UInt64} AND ${first(column)} < {to:UInt64}
  AND arrayExists(place -> place >= {from:UInt64} AND place < {to:UInt64}, ${column}))`,
    )
    .join(' OR ');
