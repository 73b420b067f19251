import type { SearchRow, Unsearched } from '@drawbridge/contracts';
import { callText } from './cell-text.js';
import { table } from './table.js';

/** Where a text was found: one line for each body and each stream of a session. */
export const searchTable = (rows: readonly SearchRow[], width?: number): string =>
  table(
    ['TIME (UTC)', 'AGENT', 'CONNECTION', 'CALL', 'WHERE', 'HITS', 'COMMAND', 'TEXT'],
    rows.map((row) => [
      row.receivedAt.slice(0, 19).replace('T', ' '),
      row.agentSubject,
      row.connection,
      callText(row),
      row.seconds === undefined ? row.where : `${row.where} ${row.seconds.toFixed(1)}s`,
      String(row.hits),
      row.commandId,
      row.excerpt,
    ]),
    width,
  );

/** What was not searched, on one line; of no reason none. */
export function unsearchedText(parts: readonly Pick<Unsearched, 'reason' | 'count'>[]): string {
  return parts.map(({ reason, count }) => `${reason} ${count}`).join(', ');
}
