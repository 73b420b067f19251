import type { AuditTrailItem } from '@drawbridge/contracts';
import { z } from 'zod';
import type { TrailFilter } from '../http/audit-filter.js';
import { given, inTime, isOneOf, type Condition } from './condition.js';
import { RecordedRow, recordedOf } from './recorded-row.js';
import { selectPage, type AuditStore, type Position } from './select-page.js';

const Row = RecordedRow.extend({ aggregate_id: z.string() });
type Row = z.infer<typeof Row>;

/** Reads one page of what audit itself had to say, and one row more when there is a next page. */
export async function selectTrail(
  store: AuditStore,
  filter: TrailFilter,
  after: Position | undefined,
): Promise<AuditTrailItem[]> {
  const rows = await selectPage(store, {
    table: 'audit_events',
    columns: Object.keys(Row.shape).join(', '),
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: conditionsOf(filter),
    order: filter.order,
    limit: filter.limit,
    after,
  });
  return z.array(Row).parse(rows).map(itemOf);
}

const conditionsOf = (filter: TrailFilter): readonly Condition[] => [
  ...inTime('at', filter),
  ...given(filter.grant, (ids) => ({
    sql: 'grant_id IN {grants:Array(UUID)}',
    parameters: { grants: ids },
  })),
  ...given(filter.connection, (names) => isOneOf('connection', names)),
  ...given(filter.command, (id) => ({
    sql: 'command_id = {command:UUID}',
    parameters: { command: id },
  })),
  ...given(filter.type, (types) => isOneOf('type', types)),
  ...given(filter.actor, (actor) => isOneOf('actor_id', [actor])),
];

const itemOf = (row: Row): AuditTrailItem => ({ ...recordedOf(row), key: row.aggregate_id });
