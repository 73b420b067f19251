import { CommandBody, CommandRecord, SessionChunk } from '@drawbridge/contracts';
import { z } from 'zod';
import { bodyRow } from '../domain/body-row.js';
import { chunkRow } from '../domain/chunk-row.js';
import { commandRow } from '../domain/command-row.js';
import type { PlacedLine } from '../domain/placed-line.js';
import { RecordRefused } from '../domain/record-refused.js';
import { parseJson, textOf } from './parse-json.js';
import type { TableRow } from './record-batch.js';
import { placedLine, type Source } from './source.js';

/** What stands in a line of a message of `COMMANDS`. */
const RecordedLine = z.union([CommandRecord, CommandBody, SessionChunk]);
type RecordedLine = z.infer<typeof RecordedLine>;

/**
 * The row of one line of a message of `COMMANDS`.
 *
 * @throws RecordRefused
 */
export function commandLineRow(source: Source): TableRow {
  const { message, line = 0, bytes } = source;
  const record = RecordedLine.safeParse(parseJson(textOf(bytes)));
  if (!record.success) {
    const text = `record ${line} of message ${message.seq} is no command record`;
    throw new RecordRefused('record_unreadable', text);
  }
  return rowOf(record.data, placedLine(source));
}

/** The row of a line whose place is known; `undefined` when it is none of ours. */
export function rowOfLine(line: PlacedLine): TableRow | undefined {
  const record = RecordedLine.safeParse(parseJson(line.text));
  if (!record.success) return undefined;
  try {
    return rowOf(record.data, line);
  } catch (error) {
    if (error instanceof RecordRefused) return undefined;
    throw error;
  }
}

function rowOf(record: RecordedLine, line: PlacedLine): TableRow {
  switch (record.type) {
    case 'CommandBody':
      return { table: 'bodies', columns: bodyRow(record, line) };
    case 'SessionChunk':
      return { table: 'session_chunks', columns: chunkRow(record, line) };
    case 'CommandStarted':
    case 'CommandRefused':
    case 'CommandEnded':
      return { table: 'commands', columns: commandRow(record, line) };
  }
}
