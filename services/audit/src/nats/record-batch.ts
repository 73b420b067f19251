import type { JsMsg } from '@nats-io/jetstream';
import type { Columns } from '../clickhouse/insert-rows.js';
import type { AuditTable } from '../clickhouse/select-page.js';
import { RecordRefused } from '../domain/record-refused.js';
import type { Source } from './source.js';

export interface Recording {
  readonly sourcesOf: (message: JsMsg) => readonly Source[];
  /** @throws RecordRefused */
  readonly rowOf: (source: Source) => TableRow;
  /** Resolves when the rows are durable; throws RecordRefused when one of them can never be. */
  readonly insert: (table: AuditTable, rows: readonly Row[]) => Promise<void>;
  /** Resolves when it is durable which messages came, and which of their lines are in no other table. */
  readonly insertMessages: (messages: readonly Noted[]) => Promise<void>;
  /** Resolves when the message, or the one line of it, is safe elsewhere, where a person finds it. */
  readonly park: (source: Source, code: RecordRefused['code']) => Promise<void>;
}

export interface TableRow {
  readonly table: AuditTable;
  readonly columns: Columns;
}

export interface Row {
  readonly source: Source;
  readonly columns: Columns;
}

/** A message, and what of it was parked. */
export interface Noted {
  readonly message: JsMsg;
  readonly parked: readonly Source[];
}

/**
 * Stores a batch of messages: what can be read is inserted at once, what cannot is parked, line by line. Throws
 * when neither is possible now; doing the whole batch again is harmless.
 */
export const recordBatch = (recording: Recording, messages: readonly JsMsg[]): Promise<void> =>
  recordSources(recording, messages, messages.flatMap(recording.sourcesOf));

/** As objects, and then as the text of an insertion, they take up several times as much memory. */
const READ_AT_ONCE_BYTES = 4_194_304;

/** The same when only some of what stands in the messages is left to be stored. */
export async function recordSources(
  recording: Recording,
  messages: readonly JsMsg[],
  sources: readonly Source[],
): Promise<void> {
  const parked: Source[] = [];
  for (const some of inParts(sources)) parked.push(...(await recordSome(recording, some)));
  const noted = Map.groupBy(parked, ({ message }) => message);
  await recording.insertMessages(
    messages.map((message) => ({ message, parked: noted.get(message) ?? [] })),
  );
}

/** In their order; cut where they are alike when the same batch comes again. */
function* inParts(sources: readonly Source[]): Generator<readonly Source[]> {
  let from = 0;
  let bytes = 0;
  for (const [index, source] of sources.entries()) {
    bytes += source.bytes.length;
    if (bytes < READ_AT_ONCE_BYTES) continue;
    yield sources.slice(from, index + 1);
    from = index + 1;
    bytes = 0;
  }
  if (from < sources.length) yield sources.slice(from);
}

/** @returns what was parked */
async function recordSome(
  recording: Recording,
  sources: readonly Source[],
): Promise<readonly Source[]> {
  const tables = new Map<AuditTable, Row[]>();
  const parked: Source[] = [];
  for (const source of sources) {
    try {
      const { table, columns } = recording.rowOf(source);
      const rows = tables.get(table) ?? [];
      tables.set(table, rows);
      rows.push({ source, columns });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      await recording.park(source, error.code);
      parked.push(source);
    }
  }
  for (const [table, rows] of tables) {
    parked.push(...(await insertOrSplit(recording, table, rows)));
  }
  return parked;
}

/**
 * One value that ClickHouse refuses must not hold up the record: halving finds it, and only it is parked.
 *
 * @returns what was parked
 */
async function insertOrSplit(
  recording: Recording,
  table: AuditTable,
  rows: readonly Row[],
): Promise<readonly Source[]> {
  const [first] = rows;
  if (first === undefined) return [];
  try {
    await recording.insert(table, rows);
    return [];
  } catch (error) {
    if (!(error instanceof RecordRefused)) throw error;
    if (rows.length === 1) {
      await recording.park(first.source, error.code);
      return [first.source];
    }
    const middle = Math.ceil(rows.length / 2);
    const left = await insertOrSplit(recording, table, rows.slice(0, middle));
    return [...left, ...(await insertOrSplit(recording, table, rows.slice(middle)))];
  }
}
