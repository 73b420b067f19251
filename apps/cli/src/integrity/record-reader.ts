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
import { base64, readRebuilt, sha256, type ReadMessage } from '@drawbridge/integrity';
import type { AuditReader } from '../policy-diff/audit-reader.js';

/** Reads keys, seals and messages from audit, page by page. Believes nothing of it. */
export class RecordReader {
  constructor(private readonly audit: AuditReader) {}

  /** Statements about keys, the oldest first. */
  async statements(): Promise<readonly string[]> {
    const { keys } = await this.audit.call('/v1/audit/keys', {}, IntegrityKeys);
    return keys.map(({ statement }) => statement);
  }

  /** Streams that have a checkpoint. */
  async streams(): Promise<readonly string[]> {
    const { items } = await this.audit.call('/v1/audit/checkpoints', {}, CheckpointPage);
    return items.map(({ stream }) => stream);
  }

  async *seals(stream: string): AsyncGenerator<Seal> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const query = { after: String(after) };
      const page: SealPage = await this.audit.call(pathOf(stream, 'seals'), query, SealPage);
      yield* page.seals;
      after = page.next;
    }
  }

  async *timestamps(stream: string): AsyncGenerator<CheckpointTimestamp> {
    for (let after: number | undefined = 0; after !== undefined;) {
      const query = { after: String(after) };
      const page: TimestampPage = await this.audit.call(
        pathOf(stream, 'timestamps'),
        query,
        TimestampPage,
      );
      yield* page.items;
      after = page.next;
    }
  }

  /** Where the stream begins. */
  async firstMessage(stream: string): Promise<Beginning> {
    const query = { limit: '1' };
    const page = await this.audit.call(pathOf(stream, 'messages'), query, StreamMessagePage);
    const days = KEPT_DAYS[stream];
    return { ...beginning(page.messages[0]), ...(days === undefined ? {} : { days }) };
  }

  async *messages(stream: string): AsyncGenerator<ReadMessage> {
    for (let from: number | undefined = 1; from !== undefined;) {
      const query = { from: String(from) };
      const page: StreamMessagePage = await this.audit.call(
        pathOf(stream, 'messages'),
        query,
        StreamMessagePage,
      );
      for (const message of page.messages) yield readMessage(message);
      from = page.next;
    }
  }

  /** Where the rows of a stream begin, and up to where they were stored at least. */
  async firstRow(stream: string): Promise<Beginning & { readonly storedUpTo: number }> {
    const query = { limit: '1' };
    const page = await this.audit.call(pathOf(stream, 'rows'), query, RebuiltMessagePage);
    const { storedUpTo, retentionDays: days } = page;
    return { ...beginning(page.messages[0]), days, storedUpTo };
  }

  /** The same messages, as ClickHouse gives them back from its rows; `onStray` gets rows that are of no message. */
  async *rebuilt(stream: string, onStray: (row: string) => void): AsyncGenerator<ReadMessage> {
    for (let from: number | undefined = 1; from !== undefined;) {
      const query = { from: String(from) };
      const page: RebuiltMessagePage = await this.audit.call(
        pathOf(stream, 'rows'),
        query,
        RebuiltMessagePage,
      );
      for (const message of page.messages) yield readRebuilt(message);
      for (const { table, row } of page.strays ?? []) onStray(`${table} ${row}`);
      from = page.next;
    }
  }
}

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
  digest: sha256(base64(data) ?? Buffer.alloc(0)),
});
