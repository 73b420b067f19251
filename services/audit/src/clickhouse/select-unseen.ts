import type { UnseenPage } from '@drawbridge/contracts';
import { z } from 'zod';
import { clickHouseTime } from './condition.js';
import type { AuditStore } from './select-page.js';
import { selectAs, selectRows } from './select-rows.js';

export interface UnseenFilter {
  readonly connection: string;
  readonly since: string;
  readonly until: string;
  readonly limit: number;
}

const Row = z.object({
  id: z.string(),
  received_at: z.string(),
  connection: z.string(),
  agent_subject: z.string(),
  verb: z.string(),
  path: z.string(),
  outcome: z.string(),
  status_code: z.number(),
});

/**
 * Commands that were forwarded and that the log of their cluster does not have: because its policy leaves them out,
 * because it is not all read yet, or because they never arrived. A call that was sent once more is in the log under
 * an id of its own. The newest first. @throws AuditQueryError
 */
export async function selectUnseen(
  store: AuditStore,
  { connection, since, until, limit }: UnseenFilter,
): Promise<UnseenPage> {
  const logged = `SELECT audit_id FROM ${store.database}.cluster_calls
    WHERE connection = {connection:String} AND received_at >= {since:DateTime64(3, 'UTC')} - toIntervalMinute(5)`;
  const query = `SELECT toString(command_id) AS id, received_at, connection, agent_subject, verb, path,
  outcome, status_code
FROM ${store.database}.commands FINAL
WHERE connection = {connection:String} AND effect = 'allow' AND outcome NOT IN ('refused', 'upstream_failed')
  AND received_at >= {since:DateTime64(3, 'UTC')} AND received_at < {until:DateTime64(3, 'UTC')}
  AND toString(command_id) NOT IN (${logged})
ORDER BY received_at DESC, command_id LIMIT {limit:UInt32}`;
  const parameters = {
    ...{ connection, limit: limit + 1 },
    since: clickHouseTime(since),
    until: clickHouseTime(until),
  };
  const rows = await selectAs(store, z.array(Row), { query, parameters });
  const lines = await selectRows(store, { query: `${logged} LIMIT 1`, parameters });
  const items = rows.slice(0, limit).map(itemOf);
  return { items, more: rows.length > limit, logSeen: lines.length > 0 };
}

const itemOf = (row: z.infer<typeof Row>): UnseenPage['items'][number] => ({
  commandId: row.id,
  receivedAt: row.received_at,
  connection: row.connection,
  agent: row.agent_subject,
  verb: row.verb,
  path: row.path,
  outcome: row.outcome === '' ? 'in_flight' : row.outcome,
  ...(row.status_code > 0 && { statusCode: row.status_code }),
});
