import { AuditTrailEvent, type AlarmPage, type AlarmView } from '@drawbridge/contracts';
import { z } from 'zod';
import { auditQueryError } from './audit-query-error.js';
import { allOf, given, inTime, isOneOf } from './condition.js';
import { BOUNDS, type AuditStore } from './select-page.js';

export interface AlarmFilter {
  readonly since?: string | undefined;
  readonly until?: string | undefined;
  readonly connection?: readonly string[] | undefined;
  readonly state: 'open' | 'reviewed' | 'all';
  readonly limit: number;
}

const json = z.string().transform((text): unknown => (text === '' ? undefined : JSON.parse(text)));
const Row = z.object({
  id: z.string(),
  at: z.string(),
  found: json,
  reviewed_at: z.string(),
  review: json,
});
const having = { open: "review = ''", reviewed: "review != ''", all: '1' } as const;

/** What was found and what was said of it; the newest first. @throws AuditQueryError */
export async function selectAlarms(store: AuditStore, filter: AlarmFilter): Promise<AlarmPage> {
  const where = allOf([
    ...inTime('at', filter),
    ...given(filter.connection, (names) => isOneOf('connection', names)),
  ]);
  // A review is of any time and names no connection: only what was found is asked for by them.
  const query = `SELECT aggregate_id AS id, min(found_at) AS at, any(found_data) AS found,
  max(review_at) AS reviewed_at, max(review_data) AS review
FROM (
  SELECT aggregate_id, at AS found_at, data AS found_data, toDateTime64(0, 3, 'UTC') AS review_at, '' AS review_data
  FROM ${store.database}.audit_events FINAL WHERE type = 'UnrecordedCallFound' AND ${where.sql}
  UNION ALL
  SELECT aggregate_id, toDateTime64('2299-01-01 00:00:00', 3, 'UTC'), '', at, data
  FROM ${store.database}.audit_events FINAL WHERE type = 'UnrecordedCallReviewed'
)
GROUP BY aggregate_id HAVING max(found_data) != '' AND ${having[filter.state]}
ORDER BY at DESC, id LIMIT {limit:UInt32}`;
  const rows = await rowsOf(store, query, { ...where.parameters, limit: filter.limit + 1 });
  const items = z.array(Row).parse(rows).flatMap(viewOf);
  return { items: items.slice(0, filter.limit), more: rows.length > filter.limit };
}

/** How many were found that nobody has said a word of. */
export async function countOpenAlarms(store: AuditStore): Promise<number> {
  const rows = await rowsOf(
    store,
    `SELECT toUInt32(count()) AS open FROM (
  SELECT aggregate_id FROM ${store.database}.audit_events
  WHERE type IN ('UnrecordedCallFound', 'UnrecordedCallReviewed')
  GROUP BY aggregate_id HAVING countIf(type = 'UnrecordedCallReviewed') = 0)`,
    {},
  );
  return z.tuple([z.object({ open: z.number() })]).parse(rows)[0].open;
}

async function rowsOf(
  { client }: AuditStore,
  query: string,
  query_params: Record<string, unknown>,
): Promise<unknown[]> {
  try {
    const result = await client.query({
      query,
      query_params,
      format: 'JSONEachRow',
      clickhouse_settings: BOUNDS,
    });
    return await result.json();
  } catch (error) {
    throw auditQueryError(error);
  }
}

function viewOf({ id, at, found, reviewed_at, review }: z.infer<typeof Row>): AlarmView[] {
  const finding = AuditTrailEvent.safeParse({ type: 'UnrecordedCallFound', data: found });
  if (!finding.success || finding.data.type !== 'UnrecordedCallFound') return [];
  const said = AuditTrailEvent.safeParse({ type: 'UnrecordedCallReviewed', data: review });
  const view = { id, raisedAt: at, ...finding.data.data };
  if (!said.success || said.data.type !== 'UnrecordedCallReviewed') return [view];
  const { by, comment } = said.data.data;
  return [{ ...view, review: { by: by.email ?? by.subject, at: reviewed_at, comment } }];
}
