import { randomUUID } from 'node:crypto';
import { AckPolicy, DeliverPolicy, type Consumer, type JsMsg } from '@nats-io/jetstream';
import { headers } from '@nats-io/transport-node';
import type { JetStreamConnection } from './jetstream-connection.js';
import { countParked, ParkedHeaders } from './park-message.js';
import { publishAcknowledged } from './publish-acknowledged.js';
import { startPull } from './start-pull.js';
import { PARKED_STREAM } from './stream-definitions.js';

const CONNECTED_MS = 5_000;
const READ_MS = 5_000;
const PAGE = 250;
const SETTLES = 'Drawbridge-Settles';

/** A message that somebody gave up, byte for byte, and where it came from. */
export interface ParkedMessage {
  /** On `PARKED`. */
  readonly sequence: number;
  readonly parkedAt: string;
  readonly consumer: string;
  readonly code: string;
  readonly source: { readonly stream: string; readonly sequence: number; readonly subject: string };
  /** Of a message with many records: which, from 0; absent when all of it was parked. */
  readonly line?: number;
  readonly bytes: Uint8Array;
}

/** What is parked under a name and not settled, oldest first: the first `most`, since each is held in memory. */
export async function openParked(
  connection: JetStreamConnection,
  durable: string,
  most: number,
): Promise<readonly ParkedMessage[]> {
  const settled = await settledOf(connection, durable);
  return read(connection, { durable, from: 1, most }, (message) =>
    settled.has(message.seq) ? undefined : parkedMessage(message),
  );
}

/** One of them; `undefined` when there is none of this sequence, or it is settled. */
export async function findParked(
  connection: JetStreamConnection,
  durable: string,
  sequence: number,
): Promise<ParkedMessage | undefined> {
  if ((await settledOf(connection, durable)).has(sequence)) return undefined;
  const [first] = await read(connection, { durable, from: sequence, most: 1 }, parkedMessage);
  return first?.sequence === sequence ? first : undefined;
}

/**
 * Notes that nothing is left to do about a parked message. It stays where it is, as everything that is recorded;
 * the note is on a subject of its own. Settling it again changes nothing.
 */
export async function settleParked(
  connection: JetStreamConnection,
  durable: string,
  sequence: number,
): Promise<void> {
  const header = headers();
  header.set(SETTLES, String(sequence));
  await publishAcknowledged(connection, {
    subject: `drawbridge.parked.${settledName(durable)}`,
    bytes: new Uint8Array(),
    options: {
      msgID: `settled:${durable}:${sequence}`,
      headers: header,
      expect: { streamName: PARKED_STREAM },
    },
  });
}

/** How many are parked under a name and not settled. */
export async function countOpenParked(
  connection: JetStreamConnection,
  durable: string,
): Promise<number> {
  const [parked, settled] = await Promise.all([
    countParked(connection, durable),
    countParked(connection, settledName(durable)),
  ]);
  return Math.max(parked - settled, 0);
}

const settledName = (durable: string): string => `${durable}-settled`;

async function settledOf(
  connection: JetStreamConnection,
  durable: string,
): Promise<ReadonlySet<number>> {
  const from = { durable: settledName(durable), from: 1 };
  const sequences = await read(connection, from, ({ headers: found }) =>
    Number(found?.get(SETTLES)),
  );
  return new Set(sequences);
}

function parkedMessage({ seq, headers: found, data, time }: JsMsg): ParkedMessage {
  const header = (name: string): string => found?.get(name) ?? '';
  const line = header(ParkedHeaders.line);
  return {
    sequence: seq,
    parkedAt: time.toISOString(),
    consumer: header(ParkedHeaders.consumer),
    code: header(ParkedHeaders.code),
    source: {
      stream: header(ParkedHeaders.stream),
      sequence: Number(header(ParkedHeaders.sequence)),
      subject: header(ParkedHeaders.subject),
    },
    ...(line !== '' && { line: Number(line) }),
    bytes: data,
  };
}

interface Reading {
  readonly durable: string;
  readonly from: number;
  readonly most?: number;
}

/**
 * Reads one subject, and of what `toRead` does not pass over `most`, by a consumer that is filtered to it, which the rights of a service can be limited to; reading
 * single messages of a stream cannot.
 */
async function read<Read>(
  connection: JetStreamConnection,
  { durable, from, most = Infinity }: Reading,
  toRead: (message: JsMsg) => Read | undefined,
): Promise<readonly Read[]> {
  await connection.requireConnected(CONNECTED_MS);
  const { consumers } = connection.manager;
  const { name, num_pending } = await consumers.add(PARKED_STREAM, {
    name: `read-${randomUUID()}`,
    filter_subject: `drawbridge.parked.${durable}`,
    ack_policy: AckPolicy.None,
    deliver_policy: DeliverPolicy.StartSequence,
    opt_start_seq: from,
    inactive_threshold: 30_000_000_000,
    mem_storage: true,
    num_replicas: 1,
  });
  try {
    const consumer = await connection.jetstream.consumers.get(PARKED_STREAM, name);
    const found: Read[] = [];
    for (let left = num_pending; left > 0 && found.length < most;) {
      const page = await readPage(connection, consumer, Math.min(PAGE, left, most - found.length));
      if (page.length === 0) throw new Error(`${left} parked messages did not come`);
      left -= page.length;
      found.push(...page.map(toRead).filter((one) => one !== undefined));
    }
    return found;
  } finally {
    await consumers.delete(PARKED_STREAM, name).catch(() => undefined);
  }
}

async function readPage(
  connection: JetStreamConnection,
  consumer: Consumer,
  maxMessages: number,
): Promise<readonly JsMsg[]> {
  const page: JsMsg[] = [];
  const messages = await startPull(connection, consumer, { maxMessages, expiresMs: READ_MS });
  for await (const message of messages) page.push(message);
  return page;
}
