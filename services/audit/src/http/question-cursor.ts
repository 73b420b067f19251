import { createHash } from 'node:crypto';
import { RequestRefused } from '@drawbridge/runtime';
import { z } from 'zod';
import type { QuestionFilter } from './question-filter.js';

/**
 * Where the next page of an answer begins. It holds the times of the first page, so that what is recorded meanwhile
 * moves nothing from one page to another.
 */
export interface Place {
  readonly offset: number;
  readonly since?: string | undefined;
  readonly until: string;
}

const DAY_MS = 86_400_000;
const MAX_OFFSET = 100_000;
const instant = z.iso.datetime({ precision: 3 });
const Content = z.tuple([z.int().min(0).max(MAX_OFFSET), instant.nullable(), instant, z.string()]);
const NOT_CHOOSING = ['cursor', 'limit', 'since', 'until'];

/** Text that means nothing to the caller, says nothing of what they may not see, and holds only for this question. */
export function cursorAt({ offset, since, until }: Place, filter: QuestionFilter): string {
  const content = [offset, since ?? null, until, digestOf(filter)];
  return Buffer.from(JSON.stringify(content)).toString('base64url');
}

/** @throws RequestRefused `query_invalid` for a cursor that we did not make for this question */
function placeOf(filter: QuestionFilter): Place | undefined {
  if (filter.cursor === undefined) return undefined;
  const content = Content.safeParse(parse(filter.cursor));
  if (!content.success || content.data[3] !== digestOf(filter)) throw refused();
  const [offset, since, until] = content.data;
  return { offset, ...(since === null ? {} : { since }), until };
}

/** Where a page begins, and what it looks at: how far back is said, or `days`. */
export function placeIn(
  { filter, days }: { readonly filter: QuestionFilter; readonly days?: number },
  now: Date,
): Place {
  const until = filter.until ?? now.toISOString();
  const since =
    filter.since ??
    (days === undefined ? undefined : new Date(Date.parse(until) - days * DAY_MS).toISOString());
  return placeOf(filter) ?? { offset: 0, until, ...(since === undefined ? {} : { since }) };
}

function digestOf(filter: object): string {
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
