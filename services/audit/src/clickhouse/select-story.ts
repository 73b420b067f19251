import {
  StoryTotals,
  type AuditCommand,
  type AuditEvent,
  type AuditHoldEvent,
  type AuditStopEvent,
} from '@drawbridge/contracts';
import { sessionKeyOf } from '@drawbridge/stops';
import { z } from 'zod';
import type { SessionSpan } from '../domain/session-span.js';
import { allOf, clickHouseTime, type Condition } from './condition.js';
import type { RowAccess } from './row-access.js';
import { commandColumns, commandsIn } from './select-commands.js';
import { eventColumns, eventsIn } from './select-events.js';
import { holdColumns, holdsIn } from './select-holds.js';
import { selectPage, type AuditStore, type Position } from './select-page.js';
import { selectAs } from './select-rows.js';
import { stopEventColumns, stopsIn } from './select-stops.js';

/** More events than any request has. */
const MAX_EVENTS = 1000;

/** Everything that happened to the access request with this id, or to that of the grant with this id; oldest first. */
export async function selectStoryEvents(
  store: AuditStore,
  id: string,
  access: RowAccess,
): Promise<AuditEvent[]> {
  const rows = await selectPage(store, {
    ...{
      table: 'events',
      columns: eventColumns,
      order: 'asc',
      limit: MAX_EVENTS,
      after: undefined,
    },
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: [
      {
        sql: `aggregate_id = {session:String} OR aggregate_id IN (SELECT aggregate_id FROM ${store.database}.events WHERE grant_id = {session:UUID})`,
        parameters: { session: id.toLowerCase() },
      },
      ...access.events,
    ],
  });
  return eventsIn(rows);
}

export interface StoryPage {
  readonly limit: number;
  readonly after: Position | undefined;
}

/** What of a session a reader may see. */
type GrantSpan = SessionSpan & {
  readonly grant: NonNullable<SessionSpan['grant']>;
  readonly access: RowAccess;
};

/** One page of the calls of a session, and what was refused to its agent meanwhile; one row more when there is more. */
export async function selectStoryCommands(
  store: AuditStore,
  span: GrantSpan,
  { limit, after }: StoryPage,
): Promise<AuditCommand[]> {
  const rows = await selectPage(store, {
    ...{ table: 'commands', columns: commandColumns, order: 'asc', limit, after },
    key: { time: 'received_at', id: 'command_id', idType: 'UUID' },
    conditions: conditionsOf(span),
  });
  return commandsIn(rows);
}

/** Of holds with these ids, the oldest event first. */
export async function selectStoryHolds(
  store: AuditStore,
  holdIds: readonly string[],
): Promise<AuditHoldEvent[]> {
  if (holdIds.length === 0) return [];
  const rows = await selectPage(store, {
    ...{ table: 'holds', columns: holdColumns, order: 'asc', after: undefined },
    limit: holdIds.length * 20,
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: [{ sql: 'hold_id IN {holds:Array(String)}', parameters: { holds: holdIds } }],
  });
  return holdsIn(rows);
}

/** More than anybody does to one session. */
const MAX_ORDERS = 20;

/** What humans did to these running sessions, the oldest first. */
export async function selectStoryOrders(
  store: AuditStore,
  commands: readonly Pick<AuditCommand, 'id' | 'connection'>[],
): Promise<AuditStopEvent[]> {
  if (commands.length === 0) return [];
  const keys = commands.map(({ id, connection }) => sessionKeyOf({ commandId: id, connection }));
  const rows = await selectPage(store, {
    ...{ table: 'stops', columns: stopEventColumns, order: 'asc', after: undefined },
    limit: keys.length * MAX_ORDERS,
    key: { time: 'at', id: 'sequence', idType: 'UInt64' },
    conditions: [{ sql: 'stop_key IN {keys:Array(String)}', parameters: { keys } }],
  });
  return stopsIn(rows);
}

const Totals = z.tuple([StoryTotals]);

/**
 * Counts the whole session.
 *
 * @throws AuditQueryError
 */
export async function selectStoryTotals(store: AuditStore, span: GrantSpan): Promise<StoryTotals> {
  const { sql, parameters } = allOf(conditionsOf(span));
  const [totals] = await selectAs(store, Totals, {
    query: `SELECT
  countIf(is_own) AS calls,
  countIf(is_own AND effect = 'deny') AS refused,
  countIf(is_own AND effect = 'allow' AND resource != ''
    AND (verb NOT IN ('get', 'list', 'watch') OR subresource IN ('exec', 'attach', 'portforward'))) AS changes,
  countIf(is_own AND hold_id IS NOT NULL) AS held,
  countIf(is_own AND masked > 0) AS masked,
  countIf(NOT is_own) AS refusedBeside
FROM (
  SELECT effect, resource, verb, subresource, hold_id, masked, ifNull(grant_id = {grant:UUID}, 0) AS is_own
  FROM ${store.database}.commands FINAL WHERE ${sql}
)`,
    parameters,
  });
  return totals;
}

function conditionsOf({ connection, agent, grant, access }: GrantSpan): readonly Condition[] {
  const { id, startsAt, endedAt, since, until } = grant;
  const instant = (name: string) => `{${name}:DateTime64(3, 'UTC')}`;
  const times = {
    ...{ since, startsAt },
    ...(until === undefined ? {} : { until }),
    ...(endedAt === undefined ? {} : { endedAt }),
  };
  const meanwhile = [
    `received_at >= ${instant('startsAt')}`,
    ...(endedAt === undefined ? [] : [`received_at <= ${instant('endedAt')}`]),
    "effect = 'deny' AND grant_id IS NULL AND connection = {connection:String}",
    'agent_issuer = {issuer:String} AND agent_subject = {subject:String}',
  ].join(' AND ');
  return [
    {
      sql: [
        `received_at >= ${instant('since')}`,
        ...(until === undefined ? [] : [`received_at <= ${instant('until')}`]),
        `(grant_id = {grant:UUID} OR (${meanwhile}))`,
      ].join(' AND '),
      parameters: {
        ...Object.fromEntries(
          Object.entries(times).map(([name, at]) => [name, clickHouseTime(at)]),
        ),
        ...{ grant: id, connection, issuer: agent.issuer, subject: agent.subject },
      },
    },
    ...access.commands,
  ];
}
