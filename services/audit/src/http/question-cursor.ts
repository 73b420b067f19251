import { z } from 'zod';
import { cursorContent, cursorRefused, cursorText, filterDigest } from './cursor-text.js';
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

/** Text that means nothing to the caller, says nothing of what they may not see, and holds only for this question. */
export function cursorAt({ offset, since, until }: Place, filter: QuestionFilter): string {
  return cursorText([offset, since ?? null, until, filterDigest(filter)]);
}

/** @throws RequestRefused `query_invalid` for a cursor that we did not make for this question */
function placeOf(filter: QuestionFilter): Place | undefined {
  if (filter.cursor === undefined) return undefined;
  const content = Content.safeParse(cursorContent(filter.cursor));
  if (!content.success || content.data[3] !== filterDigest(filter)) throw cursorRefused();
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
