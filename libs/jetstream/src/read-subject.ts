import { DirectMsgHeaders, type StoredMsg } from '@nats-io/jetstream';
import type { Msg } from '@nats-io/transport-node';
import type { StoredBytes } from './event-envelope.js';
import type { JetStreamConnection } from './jetstream-connection.js';

const READ_MS = 5_000;
const PAGE = 250;

export interface SubjectOfStream {
  readonly stream: string;
  readonly subject: string;
}

/**
 * Reads all messages of one subject, oldest first, up to at least the newest one that the stream's leader
 * knew when asked.
 *
 * Pages come by batched direct get, which any replica may answer, a slow one with an older state; that is a
 * prefix of the truth, and what it lacks is asked from the leader, one by one.
 */
export async function readSubject(
  connection: JetStreamConnection,
  from: SubjectOfStream,
): Promise<readonly StoredBytes[]> {
  await connection.requireConnected(READ_MS);
  const [messages, newest] = await Promise.all([
    readPages(connection, from),
    connection.manager.streams.getMessage(from.stream, { last_by_subj: from.subject }),
  ]);
  const missing = await readFromLeader(connection, from, {
    after: messages.at(-1)?.sequence ?? 0,
    upTo: newest?.seq ?? 0,
  });
  return [...messages, ...missing];
}

async function readPages(
  connection: JetStreamConnection,
  from: SubjectOfStream,
): Promise<readonly StoredBytes[]> {
  const messages: StoredBytes[] = [];
  for (;;) {
    const page = await readPage(connection, from, (messages.at(-1)?.sequence ?? 0) + 1);
    messages.push(...page);
    if (page.length < PAGE) return messages;
  }
}

async function readPage(
  connection: JetStreamConnection,
  { stream, subject }: SubjectOfStream,
  seq: number,
): Promise<readonly StoredBytes[]> {
  const replies = await connection.nats.requestMany(
    `$JS.API.DIRECT.GET.${stream}`,
    JSON.stringify({ batch: PAGE, seq, next_by_subj: subject }),
    // Not 'sentinel': an empty message would pass for the end.
    { strategy: 'timer', maxWait: READ_MS },
  );
  const messages: StoredBytes[] = [];
  for await (const reply of replies) {
    const end = endOf(reply);
    if (end === 'message') messages.push(storedBytes(reply));
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

function storedBytes({ headers, data }: Msg): StoredBytes {
  const sequence = Number(headers?.get(DirectMsgHeaders.Sequence));
  if (!Number.isSafeInteger(sequence) || sequence < 1) throw new Error('direct get: no sequence');
  return { subject: headers?.get(DirectMsgHeaders.Subject) ?? '', sequence, data };
}

async function readFromLeader(
  connection: JetStreamConnection,
  { stream, subject }: SubjectOfStream,
  range: { readonly after: number; readonly upTo: number },
): Promise<readonly StoredBytes[]> {
  const messages: StoredBytes[] = [];
  for (let { after } = range; after < range.upTo;) {
    const request = { seq: after + 1, next_by_subj: subject };
    const message: StoredMsg | null = await connection.manager.streams.getMessage(stream, request);
    if (message === null) throw new Error(`leader of ${stream} lost message ${range.upTo}`);
    messages.push({ subject: message.subject, sequence: message.seq, data: message.data });
    after = message.seq;
  }
  return messages;
}
