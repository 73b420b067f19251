import { createHash } from 'node:crypto';
import { RequestRefused } from '@drawbridge/runtime';
import { z } from 'zod';
import type { Position } from '../clickhouse/select-page.js';

const Content = z.tuple([
  z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/),
  z.string().regex(/^([0-9a-f-]{36}|\d{1,20})$/),
  z.string(),
]);

const NOT_CHOOSING = ['cursor', 'limit', 'since', 'until'];

type Filter = Readonly<Record<string, unknown>>;

/** Where the next page begins, as text that means nothing to the caller and holds only for this filter. */
export function cursorAfter([at, id]: Position, filter: Filter): string {
  return Buffer.from(JSON.stringify([at, id, digestOf(filter)])).toString('base64url');
}

/** @throws RequestRefused `query_invalid` for a cursor that we did not make for this filter */
export function positionOf(filter: Filter & { cursor?: string | undefined }): Position | undefined {
  if (filter.cursor === undefined) return undefined;
  const content = Content.safeParse(parse(filter.cursor));
  if (!content.success || content.data[2] !== digestOf(filter)) throw refused();
  const [at, id] = content.data;
  return [at, id];
}

/**
 * Of what chooses rows and their order. Without the size of a page, and without the times, which bound what a
 * cursor goes through and are often given as "an hour ago".
 */
function digestOf(filter: Filter): string {
  const chosen = Object.entries(filter)
    .filter(([name, value]) => !NOT_CHOOSING.includes(name) && value !== undefined)
    .sort(([one], [other]) => one.localeCompare(other));
  return createHash('sha256').update(JSON.stringify(chosen)).digest('base64url').slice(0, 16);
}

function parse(cursor: string): unknown {
  try {
    return JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
  } catch {
    return undefined;
  }
}

function refused(): RequestRefused {
  const message = 'expected the "nextCursor" of the page before, with the same filters';
  return new RequestRefused('query_invalid', `the query is not valid: query.cursor: ${message}`, [
    { field: 'query.cursor', message },
  ]);
}
