import type { JsMsg } from '@nats-io/jetstream';
import type { CommandRow } from '../domain/command-row.js';
import type { EventRow } from '../domain/event-row.js';
import { RecordRefused } from '../domain/record-refused.js';

export interface Recording {
  /** @throws RecordRefused */
  readonly rowOf: (message: JsMsg) => EventRow | CommandRow;
  /** Resolves when the rows are durable; throws RecordRefused when one of them can never be. */
  readonly insert: (rows: readonly Row[]) => Promise<void>;
  /** Resolves when the message is safe elsewhere, where a person finds it. */
  readonly park: (message: JsMsg, code: RecordRefused['code']) => Promise<void>;
}

export interface Row {
  readonly sequence: number;
  readonly columns: EventRow | CommandRow;
}

interface Entry extends Row {
  readonly message: JsMsg;
}

/**
 * Stores a batch of messages: what can be read is inserted at once, what cannot is parked. Throws when
 * neither is possible now; doing the whole batch again is harmless.
 */
export async function recordBatch(recording: Recording, messages: readonly JsMsg[]): Promise<void> {
  const entries: Entry[] = [];
  for (const message of messages) {
    try {
      entries.push({ message, sequence: message.seq, columns: recording.rowOf(message) });
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      await recording.park(message, error.code);
    }
  }
  await insertOrSplit(recording, entries);
}

/** One value that ClickHouse refuses must not hold up the record: halving finds it, and only it is parked. */
async function insertOrSplit(recording: Recording, entries: readonly Entry[]): Promise<void> {
  const [first] = entries;
  if (first === undefined) return;
  try {
    await recording.insert(entries);
  } catch (error) {
    if (!(error instanceof RecordRefused)) throw error;
    if (entries.length === 1) {
      await recording.park(first.message, error.code);
      return;
    }
    const middle = Math.ceil(entries.length / 2);
    await insertOrSplit(recording, entries.slice(0, middle));
    await insertOrSplit(recording, entries.slice(middle));
  }
}
