import { z } from 'zod';
import { receivedAt } from '../domain/received-at.js';
import { allOf, clickHouseTime } from './condition.js';
import type { RowAccess } from './row-access.js';
import type { AuditStore } from './select-page.js';
import { selectRows } from './select-rows.js';

const Positions = z.array(z.object({ starts: z.array(z.int()), ends: z.array(z.int()) }));

/**
 * Where the lines of a command stand in `COMMANDS`: where it began, or was refused, and where it ended.
 *
 * @returns nothing when there is no such command that this caller may see
 * @throws AuditQueryError
 */
export async function selectLinePlaces(
  store: AuditStore,
  commandId: string,
  access: Pick<RowAccess, 'commands'>,
): Promise<readonly number[]> {
  const { sql, parameters } = allOf(access.commands);
  const rows = await selectRows(store, {
    query: `SELECT start_positions AS starts, end_positions AS ends FROM ${store.database}.commands FINAL
WHERE received_at = {received:DateTime64(3, 'UTC')} AND command_id = {command:UUID} AND ${sql}`,
    parameters: {
      ...parameters,
      received: clickHouseTime(receivedAt(commandId)),
      command: commandId,
    },
  });
  const [row] = Positions.parse(rows);
  // What came twice stands at two places, of which one is enough.
  return row === undefined ? [] : [...row.starts.slice(0, 1), ...row.ends.slice(0, 1)];
}

const Sealed = z.array(z.object({ position: z.int(), size: z.int(), receipt: z.string() }));
/** A checkpoint, and where its seal stands in `CHECKPOINTS`. */
export type SealPlace = z.infer<typeof Sealed>[number];

/** Which of the checkpoints that speak of a message: the first, the first with a timestamp, or the one of a size. */
export type WhichSeal = 'first' | 'timestamped' | { readonly size: number };

/** @throws AuditQueryError */
export async function selectSealPlace(
  store: AuditStore,
  { stream, sequence }: { readonly stream: string; readonly sequence: number },
  which: WhichSeal,
): Promise<SealPlace | undefined> {
  const condition =
    which === 'first'
      ? '1'
      : which === 'timestamped'
        ? "receipt != ''"
        : 'tree_size = {size:UInt64}';
  const size = typeof which === 'object' ? which.size : 0;
  const rows = await selectRows(store, {
    query: `SELECT sequence AS position, tree_size AS size, receipt
FROM ${store.database}.checkpoints FINAL
WHERE stream = {stream:String} AND last_sequence >= {sequence:UInt64} AND ${condition} ORDER BY position LIMIT 1`,
    parameters: { stream, sequence, size },
  });
  return Sealed.parse(rows)[0];
}
