import { z } from 'zod';
import { receivedAt } from '../domain/received-at.js';
import { auditQueryError } from './audit-query-error.js';
import { allOf, clickHouseTime } from './condition.js';
import type { RowAccess } from './row-access.js';
import { BOUNDS, type AuditStore } from './select-page.js';

const Row = z.object({ connection: z.string(), grant_id: z.string().nullable() });

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
  { client, database }: AuditStore,
  commandId: string,
  access: Pick<RowAccess, 'commands'>,
): Promise<CommandPlace | undefined> {
  const { sql, parameters } = allOf(access.commands);
  try {
    const result = await client.query({
      query: `SELECT connection, grant_id FROM ${database}.commands FINAL
WHERE received_at = {received:DateTime64(3, 'UTC')} AND command_id = {command:UUID} AND ${sql}`,
      query_params: {
        ...parameters,
        received: clickHouseTime(receivedAt(commandId)),
        command: commandId,
      },
      format: 'JSONEachRow',
      clickhouse_settings: BOUNDS,
    });
    const [row] = z.array(Row).parse(await result.json());
    if (row === undefined) return undefined;
    const { connection, grant_id: grantId } = row;
    return { commandId, connection, ...(grantId !== null && { grantId }) };
  } catch (error) {
    throw auditQueryError(error);
  }
}
