import { AuditTrailEvent, type AlarmPage, type AlarmView } from '@drawbridge/contracts';
import { z } from 'zod';
import { allOf, given, inTime, isOneOf } from './condition.js';
import type { AuditStore } from './select-page.js';
import { selectRows } from './select-rows.js';

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
  kind: z.string(),
  found: json,
  resumed_at: z.string(),
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
  const query = `SELECT aggregate_id AS id, minIf(time, isFound) AS at, anyIf(type, isFound) AS kind, anyIf(data, isFound) AS found,
  maxIf(time, type = 'SealingResumed') AS resumed_at, maxIf(time, type = 'UnrecordedCallReviewed') AS reviewed_at,
  maxIf(data, type = 'UnrecordedCallReviewed') AS review
FROM (
  SELECT aggregate_id, at AS time, type, data, type IN ('UnrecordedCallFound', 'SealingStopped') AS isFound
  FROM ${store.database}.audit_events FINAL
  WHERE (type IN ('UnrecordedCallFound', 'SealingStopped') AND ${where.sql}) OR type IN ('UnrecordedCallReviewed', 'SealingResumed')
)
GROUP BY aggregate_id HAVING max(isFound) AND ${having[filter.state]}
ORDER BY at DESC, id LIMIT {limit:UInt32}`;
  const parameters = { ...where.parameters, limit: filter.limit + 1 };
  const rows = await selectRows(store, { query, parameters });
  const items = z.array(Row).parse(rows).flatMap(viewOf);
  return { items: items.slice(0, filter.limit), more: rows.length > filter.limit };
}

/** How many were found that nobody has said a word of. */
export async function countOpenAlarms(store: AuditStore): Promise<number> {
  const rows = await selectRows(store, {
    query: `SELECT toUInt32(count()) AS open FROM (
  SELECT aggregate_id FROM ${store.database}.audit_events
  WHERE type IN ('UnrecordedCallFound', 'UnrecordedCallReviewed')
  GROUP BY aggregate_id HAVING countIf(type = 'UnrecordedCallReviewed') = 0)`,
    parameters: {},
  });
  return z.tuple([z.object({ open: z.number() })]).parse(rows)[0].open;
}

type Told = z.infer<typeof Row>;

function viewOf(row: Told): AlarmView[] {
  const { id, at: raisedAt, kind: type, found: data } = row;
  const found = AuditTrailEvent.safeParse({ type, data });
  if (!found.success) return [];
  const { data: event } = found;
  if (event.type === 'SealingStopped') {
    const { stream, since, code } = event.data;
    const told = { id, raisedAt, reason: 'sealing_stopped', stream, since, code } as const;
    const isOver = Date.parse(row.resumed_at) > 0;
    return [{ ...told, ...(isOver && { resumedAt: row.resumed_at }), ...reviewOf(row) }];
  }
  if (event.type !== 'UnrecordedCallFound') return [];
  return [{ id, raisedAt, ...event.data, ...reviewOf(row) }];
}

function reviewOf({ reviewed_at, review }: Told): Pick<AlarmView, 'review'> {
  const said = AuditTrailEvent.safeParse({ type: 'UnrecordedCallReviewed', data: review });
  if (!said.success || said.data.type !== 'UnrecordedCallReviewed') return {};
  const { by, comment } = said.data.data;
  return { review: { by: by.email ?? by.subject, at: reviewed_at, comment } };
}
