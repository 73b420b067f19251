import {
  SessionFrame,
  SessionHeader,
  type RecordingPiece,
  type RecordingView,
} from '@drawbridge/contracts';
import { z } from 'zod';
import { receivedAt } from '../domain/received-at.js';
import { allOf, clickHouseTime, type Condition } from './condition.js';
import type { RowAccess } from './row-access.js';
import type { AuditStore } from './select-page.js';
import { selectRows } from './select-rows.js';

/** What of a command the row access is asked about. */
const RecordedCommand = z.object({ connection: z.string(), grant_id: z.uuid().nullable() });
export type RecordedCommand = z.infer<typeof RecordedCommand>;

/** The whole sorting key of a command but for what is counted within it. */
const isCommand = (commandId: string): Condition => ({
  sql: `received_at = {commandAt:DateTime64(3, 'UTC')} AND command_id = {commandId:UUID}`,
  parameters: { commandId, commandAt: clickHouseTime(receivedAt(commandId)) },
});

/**
 * The command, when it is one that the caller may see.
 *
 * @throws AuditQueryError
 */
export async function selectRecordedCommand(
  store: AuditStore,
  commandId: string,
  access: Pick<RowAccess, 'commands'>,
): Promise<RecordedCommand | undefined> {
  const where = allOf([isCommand(commandId), ...access.commands]);
  const query = `SELECT connection, grant_id FROM ${store.database}.commands FINAL WHERE ${where.sql} LIMIT 1`;
  const [row] = await selectRows(store, { query, parameters: where.parameters });
  return row === undefined ? undefined : RecordedCommand.parse(row);
}

const Totals = z.object({
  pieces: z.int(),
  last: z.int(),
  started_at: z.string(),
  connection: z.string(),
  header: z.string(),
  ending: z.string(),
});
const Ending = z.object({ chunks: z.int(), cut: z.string().optional() });
const MAX_MISSING = 100;
/** As their numbers can tell. */
const MOST_PIECES = 4_294_967_295;

/**
 * What there is of a recording.
 *
 * @returns `undefined` when nothing is recorded, or not yet
 * @throws AuditQueryError
 */
export async function selectRecording(
  store: AuditStore,
  commandId: string,
): Promise<Omit<RecordingView, 'grantId'> | undefined> {
  const where = allOf([isCommand(commandId)]);
  const table = `${store.database}.session_chunks`;
  // Nothing is read of the pieces themselves: together they may be larger than the memory of a query.
  const query = `SELECT toUInt32(count()) AS pieces, max(chunk_index) AS last,
  formatDateTime(argMin(at, chunk_index), '%Y-%m-%dT%H:%i:%S.%f') AS started_at, any(connection) AS connection,
  anyIf(header, header != '') AS header, anyIf(ending, ending != '') AS ending
FROM (SELECT chunk_index, at, connection, header, ending FROM ${table} FINAL WHERE ${where.sql})`;
  const [row] = await selectRows(store, { query, parameters: where.parameters });
  const totals = Totals.parse(row);
  if (totals.pieces === 0 || totals.header === '') return undefined;
  const ending = totals.ending === '' ? undefined : Ending.parse(JSON.parse(totals.ending));
  const count = Math.min(ending?.chunks ?? totals.last + 1, MOST_PIECES);
  return {
    commandId: commandId.toLowerCase(),
    connection: totals.connection,
    header: SessionHeader.parse(JSON.parse(totals.header)),
    startedAt: `${totals.started_at.slice(0, 23)}Z`,
    seconds: await secondsOf(store, commandId, totals.last),
    pieces: totals.pieces,
    missing: totals.pieces === count ? [] : await selectMissing(store, where, count),
    ended: ending !== undefined,
    ...(ending?.cut !== undefined && { cut: ending.cut }),
  };
}

/** Of its last frame. */
async function secondsOf(store: AuditStore, commandId: string, last: number): Promise<number> {
  const [piece] = await selectPieces(store, commandId, { from: last, limit: 1 });
  return piece?.frames.at(-1)?.[0] ?? 0;
}

const Piece = z.object({
  chunk_index: z.int(),
  at: z.string(),
  frames: z.string(),
  header: z.string(),
  ending: z.string(),
});

export interface PieceRange {
  readonly from: number;
  readonly limit: number;
}

/**
 * Some pieces of a recording, in order.
 *
 * @throws AuditQueryError
 */
export async function selectPieces(
  store: AuditStore,
  commandId: string,
  { from, limit }: PieceRange,
): Promise<readonly RecordingPiece[]> {
  const range = {
    sql: 'chunk_index >= {pieceFrom:UInt32}',
    parameters: { pieceFrom: from, pieceLimit: limit },
  };
  const where = allOf([isCommand(commandId), range]);
  const table = `${store.database}.session_chunks`;
  // Numbers first: FINAL reads all that the key lets it, which of a long recording is more than fits into memory.
  const last = `SELECT max(chunk_index) FROM
  (SELECT DISTINCT chunk_index FROM ${table} WHERE ${where.sql} ORDER BY chunk_index LIMIT {pieceLimit:UInt32})`;
  const query = `SELECT chunk_index, at, frames, header, ending FROM ${table} FINAL
WHERE ${where.sql} AND chunk_index <= (${last}) ORDER BY chunk_index`;
  const rows = await selectRows(store, { query, parameters: where.parameters });
  return rows.map((row) => pieceOf(Piece.parse(row)));
}

const pieceOf = ({ chunk_index, at, frames, header, ending }: z.infer<typeof Piece>) => ({
  index: chunk_index,
  at,
  frames: framesIn(frames),
  ...(header !== '' && { header: SessionHeader.parse(JSON.parse(header)) }),
  last: ending !== '',
});

const Frames = z.array(SessionFrame);
const framesIn = (text: string): readonly SessionFrame[] & z.infer<typeof Frames> =>
  Frames.parse(JSON.parse(text));

const Gap = z.object({ before: z.int(), next: z.int() });

/** The first numbers of which there is no piece. */
async function selectMissing(
  store: AuditStore,
  { sql, parameters }: Condition,
  count: number,
): Promise<number[]> {
  const all = `SELECT toInt64(-1) AS number UNION ALL
  SELECT toInt64(chunk_index) AS number FROM ${store.database}.session_chunks FINAL WHERE ${sql}`;
  const rows = await selectRows(store, {
    query: `SELECT number AS before, next FROM (
  SELECT number, leadInFrame(number, 1, {pieceCount:Int64})
    OVER (ORDER BY number ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS next FROM (${all}))
WHERE next > number + 1 ORDER BY number LIMIT ${MAX_MISSING}`,
    parameters: { ...parameters, pieceCount: count },
  });
  return missingIn(z.array(Gap).parse(rows), count);
}

function missingIn(gaps: readonly z.infer<typeof Gap>[], count: number): number[] {
  const missing: number[] = [];
  for (const { before, next } of gaps) {
    for (let index = before + 1; index < Math.min(next, count); index += 1) {
      if (missing.length === MAX_MISSING) return missing;
      missing.push(index);
    }
  }
  return missing;
}
