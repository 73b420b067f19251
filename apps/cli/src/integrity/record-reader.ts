import {
  CheckpointPage,
  IntegrityKeys,
  RebuiltMessagePage,
  SealPage,
  StreamMessagePage,
  TimestampPage,
  type CheckpointTimestamp,
  type Seal,
  type StreamMessage,
} from '@drawbridge/contracts';
import { base64, digestsOf, readRebuilt, type ReadMessage } from '@drawbridge/integrity';
import type { AuditReader } from '../policy-diff/audit-reader.js';
import { readPages } from './record-pages.js';

/** Reads keys, seals and messages from audit, page by page. Believes nothing of it. */
export class RecordReader {
  constructor(private readonly audit: AuditReader) {}

  /** Statements about keys, the oldest first. */
  async statements(): Promise<readonly string[]> {
    const { keys } = await this.audit.call('/v1/audit/keys', {}, IntegrityKeys);
    return keys.map(({ statement }) => statement);
  }

  /** The newest checkpoint of each stream that has one, as a note that nobody has opened. */
  async newest(): Promise<readonly Announced[]> {
    const { items } = await this.audit.call('/v1/audit/checkpoints', {}, CheckpointPage);
    return items.map(({ stream, note }) => ({ stream, note }));
  }

  /** @param most - how many there can be: each seals one message at least */
  seals(stream: string, most: number): AsyncGenerator<Seal> {
    const read = async (after: number) => {
      const query = { after: String(after) };
      const page = await this.audit.call(pathOf(stream, 'seals'), query, SealPage);
      return { items: page.seals, next: page.next };
    };
    return readPages({ what: `seals of ${stream}`, first: 0, read, most });
  }

  timestamps(stream: string, most: number): AsyncGenerator<CheckpointTimestamp> {
    const read = (after: number) =>
      this.audit.call(pathOf(stream, 'timestamps'), { after: String(after) }, TimestampPage);
    return readPages({ what: `timestamps of ${stream}`, first: 0, read, most });
  }

  /** Where the stream begins. */
  async firstMessage(stream: string): Promise<Beginning> {
    const query = { limit: '1' };
    const page = await this.audit.call(pathOf(stream, 'messages'), query, StreamMessagePage);
    const days = KEPT_DAYS[stream];
    return { ...beginning(page.messages[0]), ...(days === undefined ? {} : { days }) };
  }

  messages(stream: string): AsyncGenerator<ReadMessage> {
    const read = async (from: number) => {
      const query = { from: String(from) };
      const page = await this.audit.call(pathOf(stream, 'messages'), query, StreamMessagePage);
      return { items: page.messages.map(readMessage), next: page.next };
    };
    return readPages({ what: `messages of ${stream}`, first: 1, read, placeOf });
  }

  /** Where the rows of a stream begin, and up to where they were stored at least. */
  async firstRow(stream: string): Promise<Beginning & { readonly storedUpTo: number }> {
    const query = { limit: '1' };
    const page = await this.audit.call(pathOf(stream, 'rows'), query, RebuiltMessagePage);
    const { storedUpTo, retentionDays: days } = page;
    return { ...beginning(page.messages[0]), days, storedUpTo };
  }

  /** The same messages, as ClickHouse gives them back from its rows; `onStray` gets rows that are of no message. */
  rebuilt(stream: string, onStray: (row: string) => void): AsyncGenerator<ReadMessage> {
    const read = async (from: number) => {
      const query = { from: String(from) };
      const page = await this.audit.call(pathOf(stream, 'rows'), query, RebuiltMessagePage);
      for (const { table, row } of page.strays ?? []) onStray(`${table} ${row}`);
      return { items: page.messages.map(readRebuilt), next: page.next };
    };
    return readPages({ what: `rows of ${stream}`, first: 1, read, placeOf });
  }
}

/** What audit says is the newest checkpoint of a stream. */
export interface Announced {
  readonly stream: string;
  readonly note: string;
}

const placeOf = ({ sequence }: ReadMessage): number => sequence;

export interface Beginning {
  readonly sequence: number;
  /** When its first message was stored, in milliseconds since 1970; absent when there is none. */
  readonly storedAt?: number;
  /** For how long messages are kept; absent: for ever. */
  readonly days?: number;
}

/** Streams that keep messages for a time: no other may lose one. */
const KEPT_DAYS: Readonly<Record<string, number>> = { COMMANDS: 30, USES: 30 };

const beginning = (first?: { readonly sequence: number; readonly storedAt: string }): Beginning =>
  first === undefined
    ? { sequence: 1 }
    : { sequence: first.sequence, storedAt: Date.parse(first.storedAt) };

const pathOf = (stream: string, what: string): string =>
  `/v1/audit/streams/${encodeURIComponent(stream)}/${what}`;

const readMessage = ({ sequence, subject, storedAt, data }: StreamMessage): ReadMessage => ({
  sequence,
  subject,
  storedAt: Date.parse(storedAt),
  ...digestsOf(base64(data) ?? Buffer.alloc(0)),
});
