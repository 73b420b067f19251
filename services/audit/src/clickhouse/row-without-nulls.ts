import type { z } from 'zod';
import type { RowsReader } from './select-rows.js';

/** A row as its schema says: what is NULL in the store is left out here. */
export const rowWithoutNulls = <Row>(row: z.ZodType<Row>, columns: object): Row =>
  row.parse(Object.fromEntries(Object.entries(columns).filter(([, value]) => value !== null)));

/** Rows of the same kind. */
export const rowsWithoutNulls = <Row>(row: z.ZodType<Row>): RowsReader<Row[]> => ({
  parse: (rows) => rows.map((columns) => rowWithoutNulls(row, Object(columns) as object)),
});
