import { z } from 'zod';
import { receivedAt } from '../domain/received-at.js';
import { allOf, clickHouseTime } from './condition.js';
import type { RowAccess } from './row-access.js';
import type { AuditStore } from './select-page.js';
import { selectAs } from './select-rows.js';

const Rows = z.array(z.object({ connection: z.string(), grant_id: z.string().nullable() }));

/** Where a command was made, and by which grant. */
export interface CommandPlace {
  readonly commandId: string;
  readonly connection: string;
  readonly grantId?: string;
}

/**
 * Looks a command up for somebody who wants to see more of it.
 *
 * @returns `undefined` when there is none that this caller may see
 * @throws AuditQueryError
 */
export async function selectCommandPlace(
  store: AuditStore,
  commandId: string,
  access: Pick<RowAccess, 'commands'>,
): Promise<CommandPlace | undefined> {
  const { sql, parameters } = allOf(access.commands);
  const [row] = await selectAs(store, Rows, {
    query: `SELECT connection, grant_id FROM ${store.database}.commands FINAL
WHERE received_at = {received:DateTime64(3, 'UTC')} AND command_id = {command:UUID} AND ${sql}`,
    parameters: {
      ...parameters,
      received: clickHouseTime(receivedAt(commandId)),
      command: commandId,
    },
  });
  if (row === undefined) return undefined;
  const { connection, grant_id: grantId } = row;
  return { commandId, connection, ...(grantId !== null && { grantId }) };
}
