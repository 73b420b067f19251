import type { AuditStopEvent } from '@drawbridge/contracts';
import { z } from 'zod';
import type { StopFilter } from '../http/audit-filter.js';
import { given, inTime, isAgent, isOneOf, type Condition } from './condition.js';
import { RecordedRow, recordedOf } from './recorded-row.js';
import { selectPage, type AuditStore, type Position } from './select-page.js';

const Row = RecordedRow.extend({ stop_key: z.string() });
type Row = z.infer<typeof Row>;

/** What an event is read from. */
export const stopEventColumns = Object.keys(Row.shape).join(', ');

/** Rows with {@link stopEventColumns} as the API shows them. */
export const stopsIn = (rows: readonly unknown[]): AuditStopEvent[] =>
  z.array(Row).parse(rows).map(eventOf);

/** Reads one page of events of stops, and one row more when there is a next page. */
export async function selectStops(
  store: AuditStore,
  filter: StopFilter,
  after: Position | undefined,
): Promise<AuditStopEvent[]> {
  const rows = await selectPage(store, {
    table: 'stops',
    columns: stopEventColumns,
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: conditionsOf(store, filter),
    order: filter.order,
    limit: filter.limit,
    after,
  });
  return stopsIn(rows);
}

function conditionsOf({ database }: AuditStore, filter: StopFilter): readonly Condition[] {
  // A release does not say what it releases: the stop that it ends does.
  const ofStops = ({ sql, parameters }: Condition): Condition => ({
    sql: `stop_key IN (SELECT stop_key FROM ${database}.stops WHERE ${sql})`,
    parameters,
  });
  return [
    ...inTime('at', filter),
    ...given(filter.agent, (agent) => ofStops(isAgent(agent))),
    ...given(filter.connection, (names) => ofStops(isOneOf('connection', names))),
    ...given(filter.type, (types) => isOneOf('type', types)),
    ...given(filter.actor, (actor) => isOneOf('actor_id', [actor])),
  ];
}

const eventOf = (row: Row): AuditStopEvent => ({ ...recordedOf(row), key: row.stop_key });
