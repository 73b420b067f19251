import { DirectMsgHeaders } from '@nats-io/jetstream';
import { millis, type Msg } from '@nats-io/transport-node';
import type { StoredBytes } from './event-envelope.js';
import type { JetStreamConnection } from './jetstream-connection.js';

const READ_MS = 5_000;

/** A message with the time at which the stream took it. */
export interface StoredMessage extends StoredBytes {
  /** In whole milliseconds since 1970: what `JsMsg.time` says of the same message. */
  readonly storedAt: number;
}

export interface DirectGet {
  readonly stream: string;
  /** Only messages of this subject, which may have wildcards. */
  readonly subject: string;
  /** The first sequence to look at. */
  readonly from: number;
  readonly maxMessages: number;
  /** Absent: as much as the server sends. */
  readonly maxBytes?: number;
}

/**
 * The next messages of a stream in order, from whichever replica answers: a slow one may know fewer, never others.
 */
export async function directGet(
  connection: JetStreamConnection,
  { stream, subject, from, maxMessages, maxBytes }: DirectGet,
): Promise<readonly StoredMessage[]> {
  const replies = await connection.nats.requestMany(
    `$JS.API.DIRECT.GET.${stream}`,
    JSON.stringify({
      batch: maxMessages,
      seq: from,
      next_by_subj: subject,
      ...(maxBytes === undefined ? {} : { max_bytes: maxBytes }),
    }),
    // Not 'sentinel': an empty message would pass for the end.
    { strategy: 'timer', maxWait: READ_MS },
  );
  const messages: StoredMessage[] = [];
  for await (const reply of replies) {
    const end = endOf(reply);
    if (end === 'message') messages.push(storedMessage(reply));
    else if (end === 'done') return messages;
    else throw new Error(`direct get of ${stream}: ${end}`);
  }
  throw new Error(`direct get of ${stream}: no end of batch within ${READ_MS} ms`);
}

/** 204 ends a batch, 404 is a batch without messages; any other status is a failure. */
function endOf({ headers }: Msg): string {
  const code = headers?.code ?? 0;
  if (code === 0) return 'message';
  return code === 204 || code === 404 ? 'done' : `${code} ${headers?.description ?? ''}`;
}

function storedMessage({ headers, data }: Msg): StoredMessage {
  const sequence = Number(headers?.get(DirectMsgHeaders.Sequence));
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new Error('direct get: no sequence');
  const storedAt = millisOf(headers?.get(DirectMsgHeaders.TimeStamp) ?? '');
  return { subject: headers?.get(DirectMsgHeaders.Subject) ?? '', sequence, storedAt, data };
}

/**
 * Milliseconds of a time with nanoseconds. By way of a double of all nanoseconds, as the client does for a message of a
 * consumer: the rare one that is rounded up to the next millisecond is so both ways.
 */
export function millisOf(time: string): number {
  const [, seconds = '', fraction = ''] = /^(.*T\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?Z$/.exec(time) ?? [];
  const whole = Date.parse(`${seconds}Z`);
  if (Number.isNaN(whole)) throw new Error('direct get: no time');
  return millis(Number(BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(9, '0'))));
}
