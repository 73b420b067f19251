import type { AuditEvent } from '@drawbridge/contracts';
import { z } from 'zod';
import type { EventFilter } from '../http/audit-filter.js';
import { given, inTime, isAgent, isOneOf, type Condition } from './condition.js';
import { selectPage, type AuditStore, type Position } from './select-page.js';

const Row = z.object({
  sequence: z.number(),
  id: z.string(),
  type: z.string(),
  schema_version: z.number(),
  aggregate_id: z.string(),
  correlation_id: z.string(),
  causation_id: z.string(),
  actor_kind: z.string(),
  actor_id: z.string(),
  at: z.string(),
  hash: z.string(),
  previous_hash: z.string(),
  data: z.string().transform((json): unknown => JSON.parse(json)),
});
type Row = z.infer<typeof Row>;

/** Reads one page of events, and one row more when there is a next page. */
export async function selectEvents(
  store: AuditStore,
  filter: EventFilter,
  after: Position | undefined,
): Promise<AuditEvent[]> {
  const rows = await selectPage(store, {
    table: 'events',
    columns: Object.keys(Row.shape).join(', '),
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: conditionsOf(store, filter),
    order: filter.order,
    limit: filter.limit,
    after,
  });
  return z.array(Row).parse(rows).map(eventOf);
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
  sequence: row.sequence,
  id: row.id,
  type: row.type,
  schemaVersion: row.schema_version,
  accessRequestId: row.aggregate_id,
  correlationId: row.correlation_id,
  causationId: row.causation_id,
  actor: { kind: row.actor_kind, id: row.actor_id },
  at: row.at,
  hash: row.hash,
  ...(row.previous_hash === '' ? {} : { previousHash: row.previous_hash }),
  data: row.data,
});
