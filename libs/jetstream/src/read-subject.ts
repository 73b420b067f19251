import type { StoredMsg } from '@nats-io/jetstream';
import { directGet } from './direct-get.js';
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
  range: SubjectOfStream,
): Promise<readonly StoredBytes[]> {
  const messages: StoredBytes[] = [];
  for (;;) {
    const from = (messages.at(-1)?.sequence ?? 0) + 1;
    const page = await directGet(connection, { ...range, from, maxMessages: PAGE });
    messages.push(...page);
    if (page.length < PAGE) return messages;
  }
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
