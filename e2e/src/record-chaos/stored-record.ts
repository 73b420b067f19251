import { Identifier, RebuiltRecord } from '@drawbridge/audit';
import type { RebuiltMessagePage } from '@drawbridge/contracts';
import { startEmbeddedClickHouse } from '@drawbridge/embedded';
import { readRebuilt } from '@drawbridge/integrity';
import { connectJetStream, readRange, type JetStreamConnection } from '@drawbridge/jetstream';
import { z } from 'zod';
import { sha256 } from './load.js';

/** Those whose every message is made again of rows. */
export const streams = ['ACCESS', 'HOLDS', 'STOPS', 'USES', 'COMMANDS', 'AUDIT'] as const;
export type Stream = (typeof streams)[number];
const PAGE = 500;

const Command = z.object({
  id: z.string(),
  rows: z.number(),
  method: z.string(),
  path: z.string(),
  query: z.string(),
  outcome: z.string(),
  status: z.number(),
});
export type StoredCommand = z.infer<typeof Command>;
const Body = z.object({
  id: z.string(),
  direction: z.string(),
  sha256: z.string(),
  cut: z.string(),
});
export type StoredBody = z.infer<typeof Body>;
const Piece = z.object({
  id: z.string(),
  index: z.number(),
  frames: z.string(),
  ending: z.string(),
});
export type StoredPiece = z.infer<typeof Piece>;

/** The tables, as queries see them. */
export interface StoredRecord {
  /** Those of which it is recorded that they began. */
  readonly commands: readonly StoredCommand[];
  readonly bodies: readonly StoredBody[];
  readonly pieces: readonly StoredPiece[];
  /** Per stream: digests of the messages that the rows make, by sequence. */
  readonly digests: Readonly<Record<Stream, ReadonlyMap<number, string>>>;
}

/** SHA-256 of every message, by sequence. */
export type Digests = ReadonlyMap<number, string>;

/** What stands in the streams. */
export async function streamDigests(servers: string): Promise<Record<Stream, Digests>> {
  const connection = await connectJetStream({ servers, name: 'test' });
  try {
    return await ofEachStream((stream) => digestsOf(connection, stream));
  } finally {
    await connection.close();
  }
}

async function digestsOf(connection: JetStreamConnection, stream: Stream): Promise<Digests> {
  const { last_seq: last } = (await connection.manager.streams.info(stream)).state;
  const digests = new Map<number, string>();
  for (let from = 1; from <= last; from = digests.size + 1) {
    const page = await readRange(connection, { stream, from, maxMessages: PAGE });
    for (const { sequence, data } of page) digests.set(sequence, sha256(data));
    if (page.length === 0) throw new Error(`${stream} gives nothing from ${from} on`);
  }
  return digests;
}

/** Reads the directory of an audit that has ended. */
export async function storedRecord(directory: string, last: Record<Stream, number>) {
  const engine = await startEmbeddedClickHouse({ directory });
  const client = engine.createClient();
  const record = new RebuiltRecord(
    { client, database: Identifier.parse('drawbridge') },
    { storedUpTo: (stream) => Promise.resolve(last[stream as Stream]), retentionDays: 30 },
  );
  const rowsOf = async <Row>(row: z.ZodType<Row>, query: string): Promise<readonly Row[]> => {
    const result = await client.query({ query, format: 'JSONEachRow' });
    return z.array(row).parse(await result.json());
  };
  try {
    return {
      commands: await rowsOf(Command, COMMANDS),
      bodies: await rowsOf(Body, BODIES),
      pieces: await rowsOf(Piece, PIECES),
      digests: await ofEachStream(async (stream) => {
        const rows = await rowDigests(record, stream);
        return new Map([...rows].filter(([sequence]) => sequence <= last[stream]));
      }),
    } satisfies StoredRecord;
  } finally {
    await engine.close();
  }
}

/** Of messages that the rows give back; what is wrong with the rows stands instead. */
async function rowDigests(record: RebuiltRecord, stream: Stream): Promise<Digests> {
  const digests = new Map<number, string>();
  for (let from: number | undefined = 1; from !== undefined;) {
    const { messages, next }: RebuiltMessagePage = await record.messages(stream, {
      ...{ from, limit: PAGE },
    });
    for (const { sequence, digest, flaws } of messages.map(readRebuilt)) {
      const wrong = flaws?.map(({ text }) => text).join('; ');
      digests.set(sequence, wrong ?? Buffer.from(digest).toString('hex'));
    }
    from = next;
  }
  return digests;
}

async function ofEachStream<Value>(
  ask: (stream: Stream) => Promise<Value>,
): Promise<Record<Stream, Value>> {
  const values: [Stream, Value][] = [];
  for (const stream of streams) values.push([stream, await ask(stream)]);
  return Object.fromEntries(values) as Record<Stream, Value>;
}

const COMMANDS = `
  SELECT toString(command_id) AS id, toUInt32(count()) AS rows, any(method) AS method, any(path) AS path,
    any(query) AS query, any(toString(outcome)) AS outcome, toUInt32(any(status_code)) AS status
  FROM drawbridge.commands FINAL WHERE notEmpty(start_positions) GROUP BY command_id`;
const BODIES = `
  SELECT toString(command_id) AS id, toString(direction) AS direction, toString(sha256) AS sha256, toString(cut) AS cut
  FROM drawbridge.bodies FINAL`;
const PIECES = `
  SELECT toString(command_id) AS id, toUInt32(chunk_index) AS index, frames, ending
  FROM drawbridge.session_chunks FINAL ORDER BY command_id, chunk_index`;
