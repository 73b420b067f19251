import type { JsMsg } from '@nats-io/jetstream';
import type { CommandRow } from '../domain/command-row.js';
import type { EventRow } from '../domain/event-row.js';
import { RecordRefused } from '../domain/record-refused.js';
import type { Source } from './source.js';

export interface Recording {
  readonly sourcesOf: (message: JsMsg) => readonly Source[];
  /** @throws RecordRefused */
  readonly rowOf: (source: Source) => EventRow | CommandRow;
  /** Resolves when the rows are durable; throws RecordRefused when one of them can never be. */
  readonly insert: (rows: readonly Row[]) => Promise<void>;
  /** Resolves when the message, or the one line of it, is safe elsewhere, where a person finds it. */
  readonly park: (source: Source, code: RecordRefused['code']) => Promise<void>;
}

export interface Row {
  readonly source: Source;
  readonly columns: EventRow | CommandRow;
}

/**
 * Stores a batch of messages: what can be read is inserted at once, what cannot is parked, line by line. Throws
 * when neither is possible now; doing the whole batch again is harmless.
 */
export async function recordBatch(recording: Recording, messages: readonly JsMsg[]): Promise<void> {
  const rows: Row[] = [];
  for (const source of messages.flatMap(recording.sourcesOf)) {
    try {
      rows.push({ source, columns: recording.rowOf(source) });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      await recording.park(source, error.code);
    }
  }
  await insertOrSplit(recording, rows);
}

/** One value that ClickHouse refuses must not hold up the record: halving finds it, and only it is parked. */
async function insertOrSplit(recording: Recording, rows: readonly Row[]): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  try {
    await recording.insert(rows);
  } catch (error) {
    if (!(error instanceof RecordRefused)) throw error;
    if (rows.length === 1) {
      await recording.park(first.source, error.code);
      return;
    }
    const middle = Math.ceil(rows.length / 2);
    await insertOrSplit(recording, rows.slice(0, middle));
    await insertOrSplit(recording, rows.slice(middle));
  }
}
