import { z } from 'zod';
import { allOf, type Condition } from './condition.js';
import type { RowAccess } from './row-access.js';
import type { AuditStore } from './select-page.js';
import { selectAs } from './select-rows.js';

const Found = z.tuple([z.object({ count: z.coerce.number(), grantId: z.string() })]);

/**
 * The grant of a session.
 *
 * @param id - of a grant, or of its access request
 * @returns the id of the grant; `id` itself of a request that never got one, which is the grant of no command; `undefined`
 *   when the record has neither, or nothing of it that may be seen
 * @throws AuditQueryError
 */
export async function selectSessionGrant(
  store: AuditStore,
  id: string,
  access: RowAccess,
): Promise<string | undefined> {
  const session = id.toLowerCase();
  const parameters = { session };
  const inEvents = await grantIn(store, 'events', [
    {
      sql: 'grant_id = {session:UUID} OR aggregate_id = {session:String}',
      parameters,
    },
    ...access.events,
  ]);
  // The events may come later than the calls, or be older than the record.
  const found =
    inEvents ??
    (await grantIn(store, 'commands', [
      {
        sql: 'grant_id = {session:UUID} OR access_request_id = {session:UUID}',
        parameters,
      },
      ...access.commands,
    ]));
  return found === '' ? session : found;
}

/** Empty: none was issued. `undefined`: nothing was found. */
async function grantIn(
  store: AuditStore,
  table: 'events' | 'commands',
  conditions: readonly Condition[],
): Promise<string | undefined> {
  const { sql, parameters } = allOf(conditions);
  const [{ count, grantId }] = await selectAs(store, Found, {
    query: `SELECT count() AS count, ifNull(toString(max(grant_id)), '') AS grantId FROM ${store.database}.${table} WHERE ${sql}`,
    parameters,
  });
  return count === 0 ? undefined : grantId;
}
