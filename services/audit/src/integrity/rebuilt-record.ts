import type { RebuiltMessage, RebuiltMessagePage, StoredLine } from '@drawbridge/contracts';
import {
  lineTableNames,
  selectLines,
  selectMessages,
  selectStrays,
  selectStreamEvents,
  type MessageColumns,
  type SequenceRange,
} from '../clickhouse/select-messages.js';
import type { AuditStore } from '../clickhouse/select-page.js';
import { linesOfRow, type PlacedPart } from './lines-of-row.js';
import { eventTableOf, partOfEvent } from './part-of-event.js';
import type { SealedStream } from './sealed-streams.js';

/** A page on the wire, and about as much of ClickHouse: the ingest shares it. */
const MAX_BYTES = 4_194_304;
const END = Number.MAX_SAFE_INTEGER;

/** What the rows themselves cannot say. */
export interface ToldOfRows {
  /** Up to which sequence all messages of a stream have been stored. */
  storedUpTo(stream: string): Promise<number>;
  readonly retentionDays: number;
}

/** Puts messages together again from the rows that were made of them, for somebody else to check. */
export class RebuiltRecord {
  constructor(
    private readonly store: AuditStore,
    private readonly told: ToldOfRows,
  ) {}

  /** @throws AuditQueryError */
  async messages(
    stream: SealedStream,
    { from, limit }: { readonly from: number; readonly limit: number },
  ): Promise<RebuiltMessagePage> {
    // Before the rows are read: what is stored meanwhile is not missed.
    const storedUpTo = await this.told.storedUpTo(stream);
    const found = await selectMessages(this.store, { stream, from, limit });
    const taken = upTo(found, MAX_BYTES);
    const isLast = taken.length === found.length && found.length < limit;
    const to = isLast ? END - 1 : (taken.at(-1)?.sequence ?? from);
    const parts = await this.#parts(stream, { from, to }, taken);
    return {
      messages: withParts(taken, parts),
      storedUpTo,
      retentionDays: this.told.retentionDays,
      ...(isLast ? { strays: await this.#strays(stream) } : { next: to + 1 }),
    };
  }

  async #parts(
    stream: SealedStream,
    range: SequenceRange,
    messages: readonly MessageColumns[],
  ): Promise<readonly PlacedPart[]> {
    const parked = messages.flatMap(parkedParts);
    if (stream !== 'COMMANDS') {
      const table = eventTableOf(stream);
      const rows = await selectStreamEvents(this.store, table, range);
      const subjects = new Map(messages.map(({ sequence, subject }) => [sequence, subject]));
      return [...parked, ...rows.map((row) => partOfEvent({ stream, row, subjects }))];
    }
    const parts = [...parked];
    for (const table of lineTableNames) {
      const rows = await selectLines(this.store, table, range);
      parts.push(...rows.flatMap((row) => linesOfRow(table, row)));
    }
    return parts.filter(({ sequence }) => sequence >= range.from && sequence <= range.to);
  }

  async #strays(stream: SealedStream) {
    if (stream !== 'COMMANDS') return [];
    const strays = await Promise.all(
      lineTableNames.map((table) => selectStrays(this.store, table)),
    );
    return strays.flat();
  }
}

/** As many as have so many bytes, and one at least; all of one sequence, which should be one. */
function upTo(messages: readonly MessageColumns[], most: number): readonly MessageColumns[] {
  let bytes = 0;
  const end = messages.findIndex((message, index) => {
    bytes += message.bytes;
    return index > 0 && bytes > most && message.sequence !== messages[index - 1]?.sequence;
  });
  return end === -1 ? messages : messages.slice(0, end);
}

const parkedParts = ({ sequence, parked }: MessageColumns): readonly PlacedPart[] =>
  parked.map(({ line, content }) => ({
    sequence,
    part: { line, table: 'stream_messages', row: String(sequence), data: content },
  }));

/** Rows of messages that `stream_messages` does not have are told too, as a message of nothing else. */
function withParts(
  messages: readonly MessageColumns[],
  parts: readonly PlacedPart[],
): RebuiltMessage[] {
  const bySequence = Map.groupBy(parts, ({ sequence }) => sequence);
  const known = new Set(messages.map(({ sequence }) => sequence));
  const others = [...bySequence.keys()].filter((sequence) => !known.has(sequence)).map(nothing);
  return [...messages, ...others]
    .toSorted((one, other) => one.sequence - other.sequence)
    .map((message) => rebuilt(message, bySequence.get(message.sequence) ?? []));
}

const nothing = (sequence: number): MessageColumns => ({
  sequence,
  stored_at: new Date(0).toISOString(),
  subject: '',
  digest: '',
  bytes: 0,
  lines: 0,
  form: '',
  parked: [],
});

const rebuilt = (
  { sequence, stored_at, subject, digest, bytes, lines, form }: MessageColumns,
  parts: readonly PlacedPart[],
): RebuiltMessage => ({
  sequence,
  subject,
  storedAt: stored_at,
  lines,
  bytes,
  digest,
  form,
  parts: parts.map(({ part }): StoredLine => part).toSorted((one, other) => one.line - other.line),
});
