import { z } from 'zod';
import type { BodyColumns } from '../domain/body-row.js';
import type { ChunkColumns } from '../domain/chunk-row.js';
import { receivedAt } from '../domain/received-at.js';
import { clickHouseTime } from './condition.js';
import type { AuditStore } from './select-page.js';
import { selectAs } from './select-rows.js';

const BodyRow = z.object({
  ...{ command_id: z.string(), received_at: z.string(), direction: z.string() },
  ...{ connection: z.string(), at: z.string(), content_type: z.string() },
  ...{ content_encoding: z.string(), bytes: z.number(), sha256: z.string() },
  ...{ encoding: z.string(), content: z.string(), cut: z.string(), kept: z.number().nullable() },
  objects: z.array(z.object({ sha256: z.string(), bytes: z.number() })),
  ...{ positions: z.array(z.number()), check: z.number(), raw: z.string() },
});

const ChunkRow = z.object({
  ...{ command_id: z.string(), received_at: z.string(), chunk_index: z.number() },
  ...{ connection: z.string(), at: z.string(), frames: z.string(), text: z.string() },
  ...{ header: z.string(), ending: z.string() },
  ...{ positions: z.array(z.number()), check: z.number(), raw: z.string() },
});

const RecordingRow = z.object({
  ...{ command_id: z.string(), chunks: z.number(), header: z.string(), ending: z.string() },
});
export type RecordingRow = z.infer<typeof RecordingRow>;

/** Which rows, and what of them; the caller bounds how many commands it asks about. */
interface OfCommands<Row> {
  readonly table: 'bodies' | 'session_chunks';
  readonly select: string;
  readonly order: string;
  readonly row: z.ZodType<Row>;
}

/** The bodies of some commands. */
export const selectBodies = (
  store: AuditStore,
  commandIds: readonly string[],
): Promise<BodyColumns[]> =>
  ofCommands(store, commandIds, {
    ...{ table: 'bodies', row: BodyRow, order: 'received_at, command_id, direction' },
    select: Object.keys(BodyRow.shape).join(', '),
  });

/** The pieces of the recording of a command, from one on, in their order. */
export const selectChunks = (
  store: AuditStore,
  commandId: string,
  { from, count }: { readonly from: number; readonly count: number },
): Promise<ChunkColumns[]> =>
  ofCommands(store, [commandId], {
    ...{ table: 'session_chunks', row: ChunkRow, order: `chunk_index LIMIT ${count}` },
    select: Object.keys(ChunkRow.shape).join(', '),
    where: { sql: 'chunk_index >= {from:UInt32}', parameters: { from } },
  });

/** What is recorded of channels, logs and watches of some commands. */
export const selectRecordings = (
  store: AuditStore,
  commandIds: readonly string[],
): Promise<RecordingRow[]> =>
  ofCommands(store, commandIds, {
    ...{ table: 'session_chunks', row: RecordingRow, order: 'command_id' },
    select: 'command_id, count() AS chunks, max(header) AS header, max(ending) AS ending',
    group: 'command_id',
  });

async function ofCommands<Row>(
  store: AuditStore,
  commandIds: readonly string[],
  asked: OfCommands<Row> & {
    readonly group?: string;
    readonly where?: { readonly sql: string; readonly parameters: Record<string, unknown> };
  },
): Promise<Row[]> {
  const times = commandIds.map(receivedAt).sort();
  const [since, until] = [times[0], times.at(-1)];
  if (since === undefined || until === undefined) return [];
  const { table, select, order, row, group, where } = asked;
  return selectAs(store, z.array(row), {
    query: `SELECT ${select} FROM ${store.database}.${table} FINAL
WHERE received_at BETWEEN {since:DateTime64(3, 'UTC')} AND {until:DateTime64(3, 'UTC')}
  AND command_id IN {commands:Array(UUID)}${where === undefined ? '' : ` AND ${where.sql}`}
${group === undefined ? '' : `GROUP BY ${group} `}ORDER BY ${order}`,
    parameters: {
      ...{ since: clickHouseTime(since), until: clickHouseTime(until), commands: commandIds },
      ...where?.parameters,
    },
  });
}
