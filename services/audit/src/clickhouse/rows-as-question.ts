import type { z } from 'zod';
import type { Question } from './questions/question.js';

/**
 * Rows that were made here, as ClickHouse would have found them, so that it writes them in its formats.
 *
 * @param columns - types by name, in their order
 */
export function rowsAsQuestion<Row extends object>(
  row: z.ZodObject & z.ZodType<Row>,
  columns: Readonly<Record<string, string>>,
  rows: readonly Row[],
): Question<Row> {
  const structure = Object.entries(columns).map(([name, type]) => `${name} ${type}`);
  return {
    row,
    sql: `SELECT * FROM format(JSONEachRow, {structure:String}, {rows:String}) SETTINGS date_time_input_format = 'best_effort'`,
    parameters: {
      structure: structure.join(', '),
      rows: rows.map((each) => JSON.stringify(each)).join('\n'),
    },
  };
}
