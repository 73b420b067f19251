import type { SearchRow, Unsearched } from '@drawbridge/contracts';
import { table } from './table.js';

/** Where a text was found: one line for each body and each stream of a session. */
export const searchTable = (rows: readonly SearchRow[]): string =>
  table(
    ['TIME', 'AGENT', 'CONNECTION', 'CALL', 'WHERE', 'HITS', 'TEXT', 'COMMAND'],
    rows.map((row) => [
      row.receivedAt.slice(0, 19).replace('T', ' '),
      row.agentSubject,
      row.connection,
      callOf(row),
      row.seconds === undefined ? row.where : `${row.where} ${row.seconds.toFixed(1)}s`,
      String(row.hits),
      row.excerpt,
      row.commandId,
    ]),
  );

function callOf({ verb, resource, subresource, namespace, name }: SearchRow): string {
  const kind = subresource === '' ? resource : `${resource}/${subresource}`;
  const object = [namespace, name].filter((part) => part !== '').join('/');
  return `${verb} ${kind} ${object}`.trim();
}

/** What was not searched, on one line; of no reason none. */
export function unsearchedText(parts: readonly Pick<Unsearched, 'reason' | 'count'>[]): string {
  return parts.map(({ reason, count }) => `${reason} ${count}`).join(', ');
}
