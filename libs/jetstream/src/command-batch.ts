import type { MsgHdrs } from '@nats-io/transport-node';

const CONTENT_TYPE = 'Content-Type';
const NDJSON = 'application/x-ndjson';
const NEWLINE = 0x0a;

/** Header of a message that holds many command records, one a line. A message without it holds one. */
export const BATCH_HEADER = [CONTENT_TYPE, NDJSON] as const;

/** Messages are cut from blocks of this size: a buffer of its own for each is the dearest part of making it. */
const BLOCK_BYTES = 1_048_576;
/** A UTF-16 unit makes three bytes of UTF-8 at the most. */
const BYTES_PER_UNIT = 3;
let block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
let used = 0;

/** The bytes of many records as one message. JSON holds no line break, so none can be mistaken for two. */
export function batchOf(lines: readonly string[]): Uint8Array {
  const text = `${lines.join('\n')}\n`;
  const most = text.length * BYTES_PER_UNIT;
  if (most > BLOCK_BYTES) return Buffer.from(text);
  if (used + most > BLOCK_BYTES) {
    block = Buffer.allocUnsafeSlow(BLOCK_BYTES);
    used = 0;
  }
  const from = used;
  used += block.write(text, from);
  return block.subarray(from, used);
}

export interface StoredCommands {
  readonly headers?: Pick<MsgHdrs, 'get'> | undefined;
  readonly data: Uint8Array;
}

/** Whether it holds a record a line. */
export const isBatch = ({ headers }: Pick<StoredCommands, 'headers'>): boolean =>
  headers?.get(CONTENT_TYPE) === NDJSON;

/**
 * The records of a message of `COMMANDS` as they stand in it, unread: of a batch its lines, of a message as they
 * were before there were batches all of it. Never none, so that no message can go unnoticed.
 */
export function commandLines(message: StoredCommands): readonly Uint8Array[] {
  const { data } = message;
  if (!isBatch(message)) return [data];
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE, from)) {
    lines.push(data.subarray(from, end));
    from = end + 1;
  }
  if (from < data.length || lines.length === 0) lines.push(data.subarray(from));
  return lines;
}
