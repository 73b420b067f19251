import type { AccessRequestView } from '@drawbridge/contracts';
import { RequestRefused } from '@drawbridge/runtime';
import { newestFirst } from '../views/access-views.js';
import type { AccessRequestList, ListQuery } from './schemas.js';

/** One page of a caller's requests; the cursor names the last one shown, so new requests move nothing. */
export function pageOf(
  views: readonly AccessRequestView[],
  { status, limit, after }: ListQuery,
): AccessRequestList {
  const start = after === undefined ? undefined : parseCursor(after);
  const matching = views.filter(
    (view) =>
      (status === undefined || view.status === status) &&
      (start === undefined || newestFirst(start, view) < 0),
  );
  const items = matching.slice(0, limit);
  const last = items.at(-1);
  const more = matching.length > items.length && last !== undefined;
  return { items, ...(more ? { next: cursorOf(last) } : {}) };
}

type Position = Pick<AccessRequestView, 'requestedAt' | 'id'>;

const cursorOf = ({ requestedAt, id }: Position): string =>
  Buffer.from(`${requestedAt} ${id}`).toString('base64url');

function parseCursor(cursor: string): Position {
  const [requestedAt, id, ...rest] = Buffer.from(cursor, 'base64url').toString().split(' ');
  if (requestedAt !== undefined && id !== undefined && rest.length === 0)
    return { requestedAt, id };
  const errors = [{ field: 'query.after', message: 'expected "next" of the page before' }];
  throw new RequestRefused('query_invalid', 'the query is not valid: query.after', errors);
}
