import { z } from 'zod';
import type { Position } from '../clickhouse/select-page.js';
import { cursorContent, cursorRefused, cursorText, filterDigest } from './cursor-text.js';

const Content = z.tuple([
  z.string().regex(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3}$/),
  z.string().regex(/^([0-9a-f-]{36}|\d{1,20})$/),
  z.string(),
]);

type Filter = Readonly<Record<string, unknown>>;

/** Where the next page begins, as text that means nothing to the caller and holds only for this filter. */
export function cursorAfter([at, id]: Position, filter: Filter): string {
  return cursorText([at, id, filterDigest(filter)]);
}

/** @throws RequestRefused `query_invalid` for a cursor that we did not make for this filter */
export function positionOf(filter: Filter & { cursor?: string | undefined }): Position | undefined {
  if (filter.cursor === undefined) return undefined;
  const content = Content.safeParse(cursorContent(filter.cursor));
  if (!content.success || content.data[2] !== filterDigest(filter)) throw cursorRefused();
  const [at, id] = content.data;
  return [at, id];
}
