import {
  CheckpointTimestamp,
  KeyStatement,
  Seal,
  type CheckpointPage,
  type CheckpointView,
  type IntegrityKeys,
  type SealPage,
  type StreamMessage,
  type TimestampPage,
} from '@drawbridge/contracts';
import {
  openKeyChain,
  parseCheckpoint,
  publicKeyPem,
  unverifiedText,
  verifierKey,
} from '@drawbridge/integrity';
import {
  CHECKPOINTS_STREAM,
  directGet,
  readRange,
  readSubject,
  type JetStreamConnection,
  type StoredMessage,
} from '@drawbridge/jetstream';
import {
  CHECKPOINTS_PREFIX,
  KEYS_SUBJECT,
  readContent,
  type StoredSeal,
} from './checkpoint-log.js';
import { timestampSubject } from './timestamp-log.js';

/** A page in memory and on the wire: messages come in base64. */
const MAX_BYTES = 4_194_304;
const SEALS_PER_PAGE = 32;
const TIMESTAMPS_PER_PAGE = 100;

/** Reads seals and messages as they stand in JetStream, for somebody else to check: nothing is checked here. */
export class SealedRecord {
  constructor(
    private readonly connection: JetStreamConnection,
    private readonly streams: readonly string[],
  ) {}

  /** The keys, the oldest first; none before the first checkpoint. */
  async keys(): Promise<IntegrityKeys> {
    const statements = await this.statements();
    if (statements.length === 0) return { name: '', keys: [] };
    const { name, keys } = openKeyChain(statements);
    return {
      name,
      keys: keys.map(({ key, from, statement }) => ({
        verifierKey: verifierKey(name, key),
        pem: publicKeyPem(key),
        from,
        statement,
      })),
    };
  }

  /** Statements about keys, the oldest first. */
  async statements(): Promise<readonly string[]> {
    const subject = KEYS_SUBJECT;
    const messages = await readSubject(this.connection, { stream: CHECKPOINTS_STREAM, subject });
    return messages.map(({ data }) => readContent(KeyStatement, data).note);
  }

  /** The newest checkpoint of each stream that has one. */
  async newest(): Promise<CheckpointPage> {
    const { manager } = this.connection;
    const items: CheckpointView[] = [];
    for (const stream of this.streams) {
      const query = { last_by_subj: CHECKPOINTS_PREFIX + stream };
      const message = await manager.streams.getMessage(CHECKPOINTS_STREAM, query);
      if (message !== null) items.push(viewOf(stream, readContent(Seal, message.data)));
    }
    return { items };
  }

  /** Checkpoints of one stream, the oldest first. */
  async checkpoints(
    stream: string,
    { after, limit }: { readonly after: number; readonly limit: number },
  ): Promise<CheckpointPage> {
    const messages = await this.#sealMessages(stream, after, limit);
    const items = messages.map(({ data }) => viewOf(stream, readContent(Seal, data)));
    const last = messages.at(-1)?.sequence;
    return { items, ...(last === undefined ? {} : { nextCursor: String(last) }) };
  }

  /** Seals of one stream, the oldest first. */
  async seals(stream: string, after: number): Promise<SealPage> {
    const messages = await this.#sealMessages(stream, after, SEALS_PER_PAGE);
    const next = messages.at(-1)?.sequence;
    return {
      seals: messages.map(({ data }) => readContent(Seal, data)),
      ...(next === undefined ? {} : { next }),
    };
  }

  /** Seals of one stream with where they stand, from a position of `CHECKPOINTS` on. */
  async sealsFrom(stream: string, from: number): Promise<readonly StoredSeal[]> {
    const messages = await this.#sealMessages(stream, from - 1, SEALS_PER_PAGE);
    return messages.map(({ sequence: position, data }) => ({
      position,
      seal: readContent(Seal, data),
    }));
  }

  /** What a time stamper said of checkpoints of one stream, the oldest first. */
  async timestamps(stream: string, after: number): Promise<TimestampPage> {
    const messages = await this.#messagesOn(timestampSubject(stream), after, TIMESTAMPS_PER_PAGE);
    const next = messages.at(-1)?.sequence;
    return {
      items: messages.map(({ data }) => readContent(CheckpointTimestamp, data)),
      ...(next === undefined ? {} : { next }),
    };
  }

  /** Messages of one stream from a sequence on, the oldest first. */
  async messages(
    stream: string,
    { from, limit }: { readonly from: number; readonly limit: number },
  ): Promise<{ readonly messages: StreamMessage[]; readonly firstKept: number; next?: number }> {
    const { state } = await this.connection.manager.streams.info(stream);
    const messages = await readRange(this.connection, {
      stream,
      from: Math.max(from, 1),
      maxMessages: limit,
      maxBytes: MAX_BYTES,
    });
    const last = messages.at(-1)?.sequence;
    return {
      messages: messages.map(messageOf),
      firstKept: state.first_seq,
      ...(last === undefined ? {} : { next: last + 1 }),
    };
  }

  #sealMessages(stream: string, after: number, maxMessages: number) {
    return this.#messagesOn(CHECKPOINTS_PREFIX + stream, after, maxMessages);
  }

  #messagesOn(subject: string, after: number, maxMessages: number) {
    return directGet(this.connection, {
      stream: CHECKPOINTS_STREAM,
      subject,
      from: after + 1,
      maxMessages,
      maxBytes: MAX_BYTES,
    });
  }
}

/** A message as it travels. */
const messageOf = ({ sequence, subject, storedAt, data }: StoredMessage): StreamMessage => ({
  sequence,
  subject,
  storedAt: new Date(storedAt).toISOString(),
  data: Buffer.from(data).toString('base64'),
});

function viewOf(stream: string, { note }: Seal): CheckpointView {
  const { origin, size, root, first, last, gaps, at } = parseCheckpoint(unverifiedText(note));
  return {
    stream,
    origin,
    size,
    root: Buffer.from(root).toString('hex'),
    firstSequence: first,
    lastSequence: last,
    gaps: gaps.map(([from, to]) => [from, to]),
    at,
    note,
  };
}
