import { createHash } from 'node:crypto';
import { RequestRefused } from '@drawbridge/runtime';

const NOT_CHOOSING = ['cursor', 'limit', 'since', 'until'];

/** Text that means nothing to the caller and says nothing of what they may not see. */
export const cursorText = (content: readonly unknown[]): string =>
  Buffer.from(JSON.stringify(content)).toString('base64url');

/** What a cursor says, not looked into; undefined for text that is no JSON in base64url. */
export function cursorContent(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Of what chooses rows and their order. Without the size of a page, and without the times, which bound what a
 * cursor goes through and are often given as "an hour ago".
 */
export function filterDigest(filter: object): string {
  const chosen = Object.entries(filter)
    .filter(([name, value]) => !NOT_CHOOSING.includes(name) && value !== undefined)
    .sort(([one], [other]) => one.localeCompare(other));
  return createHash('sha256').update(JSON.stringify(chosen)).digest('base64url').slice(0, 16);
}

/** For a cursor that we did not make for these filters. */
export function cursorRefused(): RequestRefused {
  const message = 'expected the "nextCursor" of the page before, with the same filters';
  return new RequestRefused('query_invalid', `the query is not valid: query.cursor: ${message}`, [
    { field: 'query.cursor', message },
  ]);
}
