import type { AuditHoldEvent } from '@drawbridge/contracts';
import { z } from 'zod';
import type { HoldFilter } from '../http/audit-filter.js';
import { given, inTime, isAgent, isOneOf, type Condition } from './condition.js';
import { RecordedRow, recordedOf } from './recorded-row.js';
import { selectPage, type AuditStore, type RowQuery } from './select-page.js';

const Row = RecordedRow.extend({ hold_id: z.string() });
type Row = z.infer<typeof Row>;

/** What an event is read from. */
export const holdColumns = Object.keys(Row.shape).join(', ');

/** Rows with {@link holdColumns} as the API shows them. */
export const holdsIn = (rows: readonly unknown[]): AuditHoldEvent[] =>
  z.array(Row).parse(rows).map(eventOf);

/** Reads one page of events of held calls, and one row more when there is a next page. */
export async function selectHolds(
  store: AuditStore,
  { filter, after, access }: RowQuery<HoldFilter>,
): Promise<AuditHoldEvent[]> {
  const rows = await selectPage(store, {
    table: 'holds',
    columns: holdColumns,
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: [...conditionsOf(store, filter), ...access.holds],
    order: filter.order,
    limit: filter.limit,
    after,
  });
  return holdsIn(rows);
}

function conditionsOf({ database }: AuditStore, filter: HoldFilter): readonly Condition[] {
  // Only the first event of a hold says whose call it is and what holds it: it stands for all of them.
  const ofHolds = ({ sql, parameters }: Condition): Condition => ({
    sql: `hold_id IN (SELECT hold_id FROM ${database}.holds WHERE ${sql})`,
    parameters,
  });
  return [
    ...inTime('at', filter),
    ...given(filter.hold, (id) => ({
      sql: 'hold_id = {hold:String}',
      parameters: { hold: id.toLowerCase() },
    })),
    ...given(filter.request, (id) =>
      ofHolds({ sql: 'access_request_id = {request:UUID}', parameters: { request: id } }),
    ),
    ...given(filter.grant, (ids) =>
      ofHolds({ sql: 'grant_id IN {grant:Array(UUID)}', parameters: { grant: ids } }),
    ),
    ...given(filter.agent, (agent) => ofHolds(isAgent(agent))),
    ...given(filter.connection, (names) => ofHolds(isOneOf('connection', names))),
    ...given(filter.rule, (rules) => ofHolds(isOneOf('rule', rules))),
    ...given(filter.type, (types) => isOneOf('type', types)),
    ...given(filter.actor, (actor) => isOneOf('actor_id', [actor])),
  ];
}

const eventOf = (row: Row): AuditHoldEvent => ({ ...recordedOf(row), holdId: row.hold_id });
