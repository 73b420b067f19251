import { crc32 } from 'node:zlib';
import { bodyLine, type BodyColumns } from '../domain/body-row.js';
import { chunkLine, type ChunkColumns } from '../domain/chunk-row.js';
import type { CommandColumns } from '../domain/command-columns.js';
import { messageBytes, type MessageRow } from '../domain/message-row.js';
import { lineOf, positionOf } from '../domain/position.js';
import { endLine, startLine } from '../domain/rebuild-command.js';
import { eventMessage, type EventColumns } from '../domain/rebuild-event.js';
import { auditQueryError } from './audit-query-error.js';
import type { AuditStore, AuditTable } from './select-page.js';
import { BOUNDS } from './select-rows.js';

/** A line of a message as the tables have it. */
export interface RebuiltLine {
  readonly line: number;
  readonly table: AuditTable | 'stream_messages';
  /** The key of its row, for a person: command id, or id of the event. */
  readonly key: string;
  readonly bytes: Uint8Array;
  /** Whether it has the check that was noted when it was stored; always of an event, which has none. */
  readonly isAsNoted: boolean;
}

/** A message of a stream, made again from rows. */
export interface RebuiltMessage {
  readonly sequence: number;
  readonly storedAt: string;
  readonly subject: string;
  /** SHA-256 in hex, as noted when it was stored. Whoever does not trust the store has it from elsewhere. */
  readonly digest: string;
  /** In their order; those that no row has are missing. */
  readonly lines: readonly RebuiltLine[];
  /** How many there were. */
  readonly count: number;
  /** The message; absent when lines are missing. */
  readonly bytes?: Uint8Array;
}

export interface MessageRange {
  readonly stream: string;
  readonly from: number;
  /** Inclusive. */
  readonly to: number;
}

/** A window of messages is read at once: at most so many, and so many lines but for the last of them. */
const WINDOW_MESSAGES = 2_000;
const WINDOW_LINES = 20_000;

/**
 * Makes messages of a stream again from the rows that queries see, oldest first. A message that the tables know nothing
 * of is passed over: the caller sees it by its sequence.
 *
 * @throws AuditQueryError
 */
export async function* rebuildMessages(
  store: AuditStore,
  { stream, from, to }: MessageRange,
): AsyncGenerator<RebuiltMessage> {
  for (let next = from; next <= to;) {
    const noted = await notedIn(store, { stream, from: next, to });
    const last = noted.at(-1);
    if (last === undefined) return;
    const lines = await linesOf(store, { stream, from: next, to: last.sequence });
    for (const message of noted) yield rebuilt(message, lines);
    next = last.sequence + 1;
  }
}

async function notedIn(store: AuditStore, { stream, from, to }: MessageRange) {
  const rows = await rowsOf<MessageRow>(store, {
    query: `SELECT stream, sequence, stored_at, subject, digest, bytes, lines, form, parked
FROM ${store.database}.stream_messages FINAL
WHERE stream = {stream:String} AND sequence BETWEEN {from:UInt64} AND {to:UInt64}
ORDER BY sequence, stored_at DESC LIMIT 1 BY sequence LIMIT ${WINDOW_MESSAGES}`,
    parameters: { stream, from, to },
  });
  let lines = 0;
  return rows.filter((row) => (lines += row.lines) - row.lines < WINDOW_LINES);
}

function rebuilt(message: MessageRow, found: ReadonlyMap<number, RebuiltLine>): RebuiltMessage {
  const { sequence, subject, digest, form, lines: count, stored_at: storedAt } = message;
  const parked = new Map(message.parked.map((each) => [each.line, each.content]));
  const lines: RebuiltLine[] = [];
  for (let line = 0; line < count; line += 1) {
    const elsewhere = parked.get(line);
    const known =
      elsewhere === undefined
        ? found.get(positionOf(sequence, line))
        : parkedLine(message, line, elsewhere);
    if (known !== undefined) lines.push(known);
  }
  const isWhole = lines.length === count;
  const bytes = messageBytes(
    form,
    lines.map((line) => line.bytes),
  );
  return { sequence, storedAt, subject, digest, lines, count, ...(isWhole ? { bytes } : {}) };
}

const parkedLine = ({ sequence }: MessageRow, line: number, content: string): RebuiltLine => ({
  line,
  table: 'stream_messages',
  key: String(sequence),
  bytes: Buffer.from(content, 'base64'),
  isAsNoted: true,
});

type Lines = ReadonlyMap<number, RebuiltLine>;

const linesOf = (store: AuditStore, range: MessageRange): Promise<Lines> =>
  range.stream === 'COMMANDS' ? commandLinesOf(store, range) : eventLinesOf(store, range);

/** The tables of streams of events, and what the aggregate's id is called there. */
const eventTables: Readonly<Record<string, readonly [AuditTable, string]>> = {
  ACCESS: ['events', 'aggregate_id'],
  HOLDS: ['holds', 'hold_id'],
  STOPS: ['stops', 'stop_key'],
  USES: ['uses', 'aggregate_id'],
  AUDIT: ['audit_events', 'aggregate_id'],
};

type EventRow = EventColumns & { raw: string; sequence: number; aggregate: string };

async function eventLinesOf(store: AuditStore, { stream, from, to }: MessageRange): Promise<Lines> {
  const [table, aggregate] = eventTables[stream] ?? [];
  if (table === undefined || aggregate === undefined) return new Map();
  const rows = await rowsOf<EventRow>(store, {
    query: `SELECT sequence, id, type, schema_version, correlation_id, causation_id, actor_kind, actor_id, at,
  previous_hash, data, raw, ${aggregate} AS aggregate
FROM ${store.database}.${table} FINAL WHERE sequence BETWEEN {from:UInt64} AND {to:UInt64} ORDER BY at`,
    parameters: { from, to },
  });
  return new Map(
    rows.map((row) => {
      const bytes = Buffer.from(eventMessage(row, row.aggregate));
      const line = { line: 0, table, key: row.id, bytes, isAsNoted: true };
      return [positionOf(row.sequence, 0), line];
    }),
  );
}

async function commandLinesOf(store: AuditStore, range: MessageRange): Promise<Lines> {
  const [from, to] = [positionOf(range.from, 0), positionOf(range.to + 1, 0) - 1];
  const inRange = (positions: string) =>
    `arrayExists(p -> p BETWEEN ${from} AND ${to}, ${positions})`;
  const select = <Row>(table: AuditTable, condition: string) =>
    rowsOf<Row>(store, {
      query: `SELECT * FROM ${store.database}.${table} FINAL WHERE ${condition}`,
      parameters: {},
    });
  const found = new Map<number, RebuiltLine>();
  const add = ({ positions, check, ...line }: Placed) => {
    const isAsNoted = crc32(line.bytes) === check;
    for (const position of positions) {
      if (position < from || position > to) continue;
      found.set(position, { ...line, line: lineOf(position), isAsNoted });
    }
  };
  const either = `${inRange('start_positions')} OR ${inRange('end_positions')}`;
  for (const row of await select<CommandColumns>('commands', either)) halvesOf(row).forEach(add);
  for (const row of await select<BodyColumns>('bodies', inRange('positions'))) {
    const key = `${row.command_id}/${row.direction}`;
    add({ ...row, table: 'bodies', key, bytes: Buffer.from(bodyLine(row)) });
  }
  for (const row of await select<ChunkColumns>('session_chunks', inRange('positions'))) {
    const key = `${row.command_id}/${row.chunk_index}`;
    add({ ...row, table: 'session_chunks', key, bytes: Buffer.from(chunkLine(row)) });
  }
  return found;
}

interface Placed extends Pick<RebuiltLine, 'table' | 'key' | 'bytes'> {
  readonly positions: readonly number[];
  readonly check: number;
}

/** Start and end of a command, as far as they have come. */
function halvesOf(row: CommandColumns): readonly Placed[] {
  const of = { table: 'commands', key: row.command_id } as const;
  return [
    ...(row.start_positions.length === 0
      ? []
      : [
          {
            ...of,
            bytes: Buffer.from(startLine(row)),
            positions: row.start_positions,
            check: row.start_check,
          },
        ]),
    ...(row.end_positions.length === 0
      ? []
      : [
          {
            ...of,
            bytes: Buffer.from(endLine(row)),
            positions: row.end_positions,
            check: row.end_check,
          },
        ]),
  ];
}

async function rowsOf<Row>(
  { client }: AuditStore,
  { query, parameters }: { readonly query: string; readonly parameters: Record<string, unknown> },
): Promise<Row[]> {
  try {
    const result = await client.query({
      query,
      query_params: parameters,
      format: 'JSONEachRow',
      clickhouse_settings: { ...BOUNDS, max_execution_time: 60, max_result_bytes: '512000000' },
    });
    return await result.json<Row>();
  } catch (error) {
    throw auditQueryError(error);
  }
}
