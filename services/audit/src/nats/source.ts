import { crc32 } from 'node:zlib';
import { commandLines, isBatch, sha256Hex } from '@drawbridge/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import type { MessageForm, StoredMessage } from '../domain/message-row.js';
import type { PlacedLine } from '../domain/placed-line.js';
import { LINES_PER_MESSAGE, positionOf } from '../domain/position.js';
import { RecordRefused } from '../domain/record-refused.js';
import { textOf } from './parse-json.js';

/** What one row is made of: a message, or one record of a message that holds many. */
export interface Source {
  readonly message: JsMsg;
  /** Which of the records of its message, from 0; absent when the message is one. */
  readonly line?: number;
  readonly bytes: Uint8Array;
}

export const wholeMessage = (message: JsMsg): readonly Source[] => [
  { message, bytes: message.data },
];

/**
 * The records of a message of `COMMANDS`: of those from before there were batches, one. A message of more lines than
 * have a place is one as well, and can then be read by nobody: it is parked as it is, not line by line.
 */
export function recordsOf(message: JsMsg): readonly Source[] {
  if (!hasLines(message)) return wholeMessage(message);
  const lines = commandLines(message);
  const [only] = lines;
  if (lines.length === 1 && only !== undefined) return [{ message, bytes: only }];
  return lines.map((bytes, line) => ({ message, line, bytes }));
}

/**
 * The line as it will be found again.
 *
 * @throws RecordRefused `record_unreadable` when it is not UTF-8, or one of more than a message may have
 */
export function placedLine({ message, line = 0, bytes }: Source): PlacedLine {
  const text = textOf(bytes);
  if (text === undefined || line >= LINES_PER_MESSAGE) {
    const what = `record ${line} of message ${message.seq}`;
    throw new RecordRefused('record_unreadable', `${what} is no text, or one too many`);
  }
  return { position: positionOf(message.seq, line), check: crc32(bytes), text };
}

/** What is kept of a message beside its lines. */
export function storedMessage(message: JsMsg): StoredMessage {
  const { data, subject, info, seq } = message;
  const isLines = hasLines(message);
  return {
    stream: info.stream,
    sequence: seq,
    subject,
    storedAt: message.time,
    digest: sha256Hex(data),
    bytes: data.length,
    lines: isLines ? lineEndsOf(data).length : 1,
    form: isLines ? formOf(data) : 'record',
  };
}

const NEWLINE = 0x0a;

/** Whether its lines are taken one by one. */
export const hasLines = (message: JsMsg): boolean =>
  isBatch(message) && lineEndsOf(message.data).length <= LINES_PER_MESSAGE;

/** Where each line ends, as `commandLines` cuts them; of too many only the first. */
export function lineEndsOf(data: Uint8Array): number[] {
  // That of a Buffer looks for a byte many times as fast as that of any other array.
  const bytes = Buffer.from(data.buffer, data.byteOffset, data.length);
  const ends: number[] = [];
  let from = 0;
  for (let end = bytes.indexOf(NEWLINE); end !== -1; end = bytes.indexOf(NEWLINE, from)) {
    ends.push(end);
    from = end + 1;
    if (ends.length > LINES_PER_MESSAGE) return ends;
  }
  if (from < data.length || ends.length === 0) ends.push(data.length);
  return ends;
}

const formOf = (data: Uint8Array): MessageForm =>
  data.at(-1) === NEWLINE ? 'lines' : 'open_lines';
