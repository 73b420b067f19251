import { BodyDirection, SearchRow } from '@drawbridge/contracts';
import { z } from 'zod';
import { waysToWrite } from '../domain/sought-text.js';
import type { SearchFilter } from '../http/search-filter.js';
import {
  allOf,
  clickHouseTime,
  given,
  inTime,
  isAgent,
  isOneOf,
  type Condition,
} from './condition.js';
import { AGENT, idText, PATH, type Asking, type Times } from './questions/question.js';
import { rowsWithoutNulls } from './row-without-nulls.js';
import type { AuditStore, Position } from './select-page.js';
import { BOUNDS, selectAs } from './select-rows.js';

export type Searching = Asking & { readonly filter: SearchFilter & Times };

/** Newest first, from behind a command on. */
export interface SearchSlice {
  readonly after: Position | undefined;
  readonly limit: number;
}

/** As text, since ClickHouse sorts ids in an order of its own. */
const NEWEST_FIRST = 'received_at DESC, toString(command_id) DESC';

const key = { received_at: z.string(), command_id: z.string() };
const SearchedBodyRow = z.object({
  ...key,
  direction: BodyDirection,
  ...{ content_encoding: z.string(), encoding: z.string(), content: z.string() },
  objects: z.array(z.object({ sha256: z.string(), bytes: z.number() })),
  /** The record does not have all of it. */
  is_cut: z.number(),
  /** The store has found the text in `content`. */
  is_hit: z.number(),
});
export type SearchedBodyRow = z.infer<typeof SearchedBodyRow>;

/**
 * Bodies with the text in their row, found by its index.
 *
 * @throws AuditQueryError
 */
export function selectBodyHits(
  store: AuditStore,
  searching: Searching,
  slice: SearchSlice,
): Promise<SearchedBodyRow[]> {
  const ways = waysToWrite(searching.filter.text);
  const isHit: Condition = {
    // Each by itself, as the index is asked for each.
    sql: ways
      .map((_, place) => `lowerUTF8(content) LIKE lowerUTF8({way${place}:String})`)
      .join(' OR '),
    parameters: Object.fromEntries(ways.map((way, place) => [`way${place}`, `%${escaped(way)}%`])),
  };
  const plain = {
    sql: `encoding = 'utf8' AND content_encoding = '' AND empty(objects)`,
    parameters: {},
  };
  return bodies(store, searching, { slice, where: [plain, isHit], content: 'content', isHit: 1 });
}

/**
 * Bodies that have to be opened before anybody knows what is in them, and those that are not kept whole.
 *
 * @throws AuditQueryError
 */
export function selectBodiesToOpen(
  store: AuditStore,
  searching: Searching,
  slice: SearchSlice,
): Promise<SearchedBodyRow[]> {
  const where = [
    {
      sql: `encoding != 'utf8' OR content_encoding != '' OR notEmpty(objects) OR ${IS_CUT}`,
      parameters: {},
    },
  ];
  // Long text is in objects, and what is short and readable is found by its index.
  const content = `if(encoding = 'utf8', '', content)`;
  return bodies(store, searching, { slice, where, content, isHit: 0 });
}

const IS_CUT = `(cut != '' AND bytes > ifNull(kept, 0))`;

interface SearchedTable {
  readonly slice: SearchSlice;
  readonly table: 'bodies' | 'session_chunks';
  /** What is searched for, of the table itself. */
  readonly where: readonly Condition[];
}

interface Bodies extends Omit<SearchedTable, 'table'> {
  readonly content: string;
  readonly isHit: 0 | 1;
}

function bodies(
  store: AuditStore,
  searching: Searching,
  { slice, where, content, isHit }: Bodies,
): Promise<SearchedBodyRow[]> {
  // Not FINAL, which keeps the index from being of use: each copy of a row says all of it.
  const condition = allOf(ofSearched(searching, { slice, table: 'bodies', where }));
  const sql = `SELECT received_at, command_id, direction, content_encoding, encoding,
  ${content} AS content, objects, toUInt8(${IS_CUT}) AS is_cut, toUInt8(${isHit}) AS is_hit
FROM ${store.database}.bodies WHERE ${condition.sql}
ORDER BY ${NEWEST_FIRST}, direction LIMIT 1 BY received_at, command_id, direction LIMIT {searchLimit:UInt32}`;
  return rowsOf(store, SearchedBodyRow, {
    sql,
    parameters: { ...condition.parameters, searchLimit: slice.limit },
  });
}

const RecordingRow = z.object({ ...key, pieces: z.number() });
export type SearchedRecordingRow = z.infer<typeof RecordingRow>;

/** @throws AuditQueryError */
export function selectRecordingsToSearch(
  store: AuditStore,
  searching: Searching,
  slice: SearchSlice,
): Promise<SearchedRecordingRow[]> {
  const { sql, parameters } = allOf(
    ofSearched(searching, { slice, table: 'session_chunks', where: [] }),
  );
  const query = `SELECT received_at, command_id, toUInt32(max(chunk_index) + 1) AS pieces
FROM ${store.database}.session_chunks WHERE ${sql}
GROUP BY received_at, command_id ORDER BY ${NEWEST_FIRST} LIMIT {searchLimit:UInt32}`;
  return rowsOf(store, RecordingRow, {
    sql: query,
    parameters: { ...parameters, searchLimit: slice.limit },
  });
}

const PieceRow = z.object({
  command_id: z.string(),
  chunk_index: z.number(),
  ...{ frames: z.string(), header: z.string(), ending: z.string() },
});
export type SearchedPieceRow = z.infer<typeof PieceRow>;

/**
 * Pieces of recordings, each recording in its order.
 *
 * @throws AuditQueryError
 */
export function selectSearchedPieces(
  store: AuditStore,
  recordings: readonly Pick<SearchedRecordingRow, 'received_at' | 'command_id'>[],
  { from, count }: { readonly from: number; readonly count: number },
): Promise<SearchedPieceRow[]> {
  const of = areCommands(recordings);
  const sql = `SELECT command_id, chunk_index, frames, header, ending
FROM ${store.database}.session_chunks WHERE ${of.sql} AND chunk_index >= {from:UInt32} AND chunk_index < {below:UInt32}
ORDER BY received_at DESC, command_id, chunk_index LIMIT 1 BY received_at, command_id, chunk_index`;
  const parameters = { ...of.parameters, from, below: from + count };
  return rowsOf(store, PieceRow, { sql, parameters });
}

const NextPiece = z.object({ next: z.number() });

/**
 * The number of the first piece that is there from a place on; 0 when there is none.
 *
 * @throws AuditQueryError
 */
export async function selectNextPiece(
  store: AuditStore,
  recording: Pick<SearchedRecordingRow, 'received_at' | 'command_id'>,
  from: number,
): Promise<number> {
  const of = areCommands([recording]);
  const sql = `SELECT min(chunk_index) AS next
FROM ${store.database}.session_chunks WHERE ${of.sql} AND chunk_index >= {from:UInt32}`;
  const [row] = await rowsOf(store, NextPiece, { sql, parameters: { ...of.parameters, from } });
  return row?.next ?? 0;
}

const Facts = SearchRow.omit({ where: true, seconds: true, hits: true, excerpt: true });
export type SearchedCommand = z.infer<typeof Facts>;

/**
 * What is shown of commands beside what was found in them; those that the caller may not see are not there.
 *
 * @throws AuditQueryError
 */
export async function selectSearchedCommands(
  store: AuditStore,
  { access }: Pick<Asking, 'access'>,
  commands: readonly Pick<SearchedBodyRow, 'received_at' | 'command_id'>[],
): Promise<readonly SearchedCommand[]> {
  if (commands.length === 0) return [];
  const { sql, parameters } = allOf([areCommands(commands), ...access.commands]);
  const query = `SELECT toString(command_id) AS commandId, received_at AS receivedAt, ${AGENT}, connection,
  ${idText('grant_id')} AS grantId, ${idText('access_request_id')} AS accessRequestId,
  verb, api_group AS apiGroup, resource, subresource, namespace, name, ${PATH} AS path
FROM ${store.database}.commands FINAL WHERE ${sql}`;
  return rowsOf(store, Facts, { sql: query, parameters });
}

/** Both, since only the first one is sorted by. */
const areCommands = (
  commands: readonly Pick<SearchedBodyRow, 'received_at' | 'command_id'>[],
): Condition => ({
  sql: `received_at IN {searchedTimes:Array(DateTime64(3, 'UTC'))} AND command_id IN {searchedIds:Array(UUID)}`,
  parameters: {
    searchedTimes: [...new Set(commands.map(({ received_at }) => clickHouseTime(received_at)))],
    searchedIds: [...new Set(commands.map(({ command_id }) => command_id))],
  },
});

/**
 * What of a table of bodies or pieces is searched. What the commands say is asked of them without FINAL: only the start
 * of a command says any of it. Of their times too: an owner may have millions, few of which have what is searched for.
 */
function ofSearched(
  { filter, access, database }: Searching,
  { slice: { after }, table, where }: SearchedTable,
): readonly Condition[] {
  const { agent, namespace, connection } = filter;
  const own = [
    ...where,
    ...inTime('received_at', filter),
    ...given(after, ([at, id]) => ({
      sql: `received_at <= {searchedAt:DateTime64(3, 'UTC')} AND (received_at, toString(command_id)) < ({searchedAt:DateTime64(3, 'UTC')}, {searchedId:String})`,
      parameters: { searchedAt: clickHouseTime(at), searchedId: id },
    })),
    ...given(connection, (names) => isOneOf('connection', names)),
  ];
  const said = [
    ...given(agent, isAgent),
    ...given(namespace, (names) => isOneOf('namespace', names)),
    ...access.commands,
  ];
  if (said.length === 0) return own;
  const times = allOf(own);
  const commands = allOf([
    {
      sql: `received_at IN (SELECT received_at FROM ${database}.${table} WHERE ${times.sql})`,
      parameters: times.parameters,
    },
    ...said,
  ]);
  const sql = `command_id IN (SELECT command_id FROM ${database}.commands WHERE ${commands.sql})`;
  return [...own, { sql, parameters: commands.parameters }];
}

/** A pattern that means the text and nothing else. */
const escaped = (text: string): string => text.replace(/[\\%_]/g, (character) => `\\${character}`);

const settings = { ...BOUNDS, wait_end_of_query: 1 } as const;

const rowsOf = <Row>(
  store: AuditStore,
  row: z.ZodType<Row>,
  { sql, parameters }: Condition,
): Promise<Row[]> => selectAs(store, rowsWithoutNulls(row), { query: sql, parameters, settings });
