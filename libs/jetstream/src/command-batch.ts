import type { MsgHdrs } from '@nats-io/transport-node';

const CONTENT_TYPE = 'Content-Type';
const NDJSON = 'application/x-ndjson';
const NEWLINE = 0x0a;

/** Header of a message that holds many command records, one a line. A message without it holds one. */
export const BATCH_HEADER = [CONTENT_TYPE, NDJSON] as const;

/** The bytes of many records as one message. JSON holds no line break, so none can be mistaken for two. */
export const batchOf = (lines: readonly string[]): Uint8Array =>
  Buffer.from(`${lines.join('\n')}\n`);

export interface StoredCommands {
  readonly headers?: Pick<MsgHdrs, 'get'> | undefined;
  readonly data: Uint8Array;
}

/**
 * The records of a message of `COMMANDS` as they stand in it, unread: of a batch its lines, of a message as they
 * were before there were batches all of it. Never none, so that no message can go unnoticed.
 */
export function commandLines({ headers, data }: StoredCommands): readonly Uint8Array[] {
  if (headers?.get(CONTENT_TYPE) !== NDJSON) return [data];
  const lines: Uint8Array[] = [];
  let from = 0;
  for (let end = data.indexOf(NEWLINE); end !== -1; end = data.indexOf(NEWLINE, from)) {
    lines.push(data.subarray(from, end));
    from = end + 1;
  }
  if (from < data.length || lines.length === 0) lines.push(data.subarray(from));
  return lines;
}
