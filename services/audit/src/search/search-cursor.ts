import { z } from 'zod';
import type { Times } from '../clickhouse/questions/question.js';
import type { Position } from '../clickhouse/select-page.js';
import { cursorContent, cursorRefused, cursorText, filterDigest } from '../http/cursor-text.js';
import type { SearchFilter } from '../http/search-filter.js';

const DAY_MS = 86_400_000;
/** How far back is searched when it is not said. */
const DAYS = 7;
const instant = z.iso.datetime({ precision: 3 });
const Content = z.tuple([
  z.tuple([instant, z.uuid()]).nullable(),
  z.int().min(0).max(10),
  instant.nullable(),
  instant,
  z.string(),
]);

/** Where a page begins. */
export interface SearchStart extends Times {
  readonly since?: string;
  /** The last command that was searched to its end; absent at the beginning. */
  readonly after?: Position;
  /** Rows of the next one that were given already. */
  readonly skip: number;
}

/** What is said of commands that the caller may not see is nothing: it names only those that were searched for them. */
export const searchCursor = (
  { after, skip, since, until }: SearchStart,
  filter: SearchFilter,
): string => cursorText([after ?? null, skip, since ?? null, until, filterDigest(filter)]);

/** @throws RequestRefused `query_invalid` for a cursor that we did not make for this search */
export function searchStart(filter: SearchFilter, now: Date): SearchStart {
  if (filter.cursor === undefined) {
    const until = filter.until ?? now.toISOString();
    const since = filter.since ?? new Date(Date.parse(until) - DAYS * DAY_MS).toISOString();
    return { since, until, skip: 0 };
  }
  const content = Content.safeParse(cursorContent(filter.cursor));
  if (!content.success || content.data[4] !== filterDigest(filter)) throw cursorRefused();
  const [after, skip, since, until] = content.data;
  return { ...(after !== null && { after }), skip, ...(since !== null && { since }), until };
}
