import type { AuditEvent } from '@drawbridge/contracts';
import { z } from 'zod';
import type { EventFilter } from '../http/audit-filter.js';
import { given, inTime, isAgent, isOneOf, type Condition } from './condition.js';
import { RecordedRow, recordedOf } from './recorded-row.js';
import { selectPage, type AuditStore, type RowQuery } from './select-page.js';

const Row = RecordedRow.extend({ aggregate_id: z.string() });
type Row = z.infer<typeof Row>;

/** What an event is read from. */
export const eventColumns = Object.keys(Row.shape).join(', ');

/** Rows with {@link eventColumns} as the API shows them. */
export const eventsIn = (rows: readonly unknown[]): AuditEvent[] =>
  z.array(Row).parse(rows).map(eventOf);

/** Reads one page of events, and one row more when there is a next page. */
export async function selectEvents(
  store: AuditStore,
  { filter, after, access }: RowQuery<EventFilter>,
): Promise<AuditEvent[]> {
  const rows = await selectPage(store, {
    table: 'events',
    columns: eventColumns,
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: [...conditionsOf(store, filter), ...access.events],
    order: filter.order,
    limit: filter.limit,
    after,
  });
  return eventsIn(rows);
}

function conditionsOf({ database }: AuditStore, filter: EventFilter): readonly Condition[] {
  // Only some events of a request name its agent, connection or grant: they stand for all of them.
  const ofRequests = ({ sql, parameters }: Condition): Condition => ({
    sql: `aggregate_id IN (SELECT aggregate_id FROM ${database}.events WHERE ${sql})`,
    parameters,
  });
  return [
    ...inTime('at', filter),
    ...given(filter.request, (id) => ({
      sql: 'aggregate_id = {request:String}',
      parameters: { request: id },
    })),
    ...given(filter.grant, (ids) =>
      ofRequests({ sql: 'grant_id IN {grant:Array(UUID)}', parameters: { grant: ids } }),
    ),
    ...given(filter.agent, (agent) => ofRequests(isAgent(agent))),
    ...given(filter.connection, (names) => ofRequests(isOneOf('connection', names))),
    ...given(filter.type, (types) => isOneOf('type', types)),
    ...given(filter.actor, (actor) => isOneOf('actor_id', [actor])),
  ];
}

const eventOf = (row: Row): AuditEvent => ({
  ...recordedOf(row),
  accessRequestId: row.aggregate_id,
});
