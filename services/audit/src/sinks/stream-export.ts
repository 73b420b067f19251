import { setTimeout as wait } from 'node:timers/promises';
import { CHECKPOINTS_STREAM, COMMANDS_STREAM, commandLines } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { JsMsg } from '@nats-io/jetstream';
import {
  exportedRecord,
  exportGap,
  type ExportedRecord,
  type RecordPlace,
} from '../domain/exported-record.js';
import { RecordRefused } from '../domain/record-refused.js';
import { exportedCheckpoint } from './exported-checkpoint.js';
import { deliverBatch, TakenRecord, type TakenPlace } from './deliver-batch.js';
import { retryAfterOf, type ExportBatch, type Sink } from './sink.js';
import type { Page, StreamReader } from './stream-reader.js';

const IDLE_PULL_MS = 5_000;
const BURST_PULL_MS = 1_000;
const LINGER_STEP_MS = 1_000;
const FIRST_PAUSE_MS = 500;
const MAX_PAUSE_MS = 60_000;
/** However long a receiver asks to be left alone: records of a stream are not kept for ever. */
const MAX_ASKED_MS = 3_600_000;

/** Where a sink is in one stream, kept where every replica finds it. */
export interface StreamPlace {
  /** The last message that the sink has taken. */
  readonly position: number;
  /** The last message of the batch that was under way when somebody stopped; the next batch is the same. */
  readonly intended: number | undefined;
  /** The last record that the sink took, of whichever process; absent when that is not known. */
  readonly taken: TakenPlace | undefined;
  /** Keeps what is about to be written, before it is. @throws SinkPlaceLost */
  intend(sequence: number): Promise<void>;
  /** Keeps up to where it was told, and what it took last, if anything. @throws SinkPlaceLost */
  advance(sequence: number, taken?: TakenPlace): Promise<void>;
}

/** What was given up, for a person to look at. */
export interface GivenUp {
  readonly message: JsMsg;
  readonly line: { readonly index: number; readonly bytes: Uint8Array } | undefined;
  readonly code: 'record_unreadable' | 'sink_refused';
}

export interface StreamExportOptions {
  readonly sink: Sink;
  readonly place: StreamPlace;
  readonly reader: StreamReader;
  readonly clock: Clock;
  /** Whether a record is to be told. */
  readonly isWanted: (record: ExportedRecord) => boolean;
  readonly giveUp: (given: GivenUp) => Promise<void>;
  readonly onFailure: (error: unknown, retryMs: number) => void;
  readonly onSuccess: () => void;
}

const isOver = (signal: AbortSignal): boolean => signal.aborted;

interface Gathered extends ExportBatch {
  readonly sources: ReadonlyMap<ExportedRecord, JsMsg>;
}

/** Tells one sink of one stream, in the order of the stream, each batch when the one before was taken. */
export class StreamExport {
  #open = false;
  readonly #known = new TakenRecord(() => this.#recall());

  constructor(private readonly options: StreamExportOptions) {}

  /** Goes on until `signal` says that it is over, through whatever fails. */
  async run(signal: AbortSignal): Promise<void> {
    for (let failures = 0; !signal.aborted;) {
      try {
        await this.#next(signal);
        failures = 0;
        this.options.onSuccess();
      } catch (error) {
        if (isOver(signal)) break;
        this.#open = false;
        const ownMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS);
        const retryMs = Math.max(ownMs, Math.min(retryAfterOf(error), MAX_ASKED_MS));
        failures = Math.min(failures + 1, 16);
        this.options.onFailure(error, retryMs);
        await wait(retryMs, undefined, { signal }).catch(() => undefined);
      }
    }
    await this.options.reader.close();
  }

  async #next(signal: AbortSignal): Promise<void> {
    const { sink, place, reader } = this.options;
    if (!this.#open) {
      await reader.open(place.position + 1);
      this.#open = true;
    }
    const batch = await this.#gather(signal);
    if (batch === undefined || signal.aborted) return;
    if (batch.records.length > 0) {
      if (sink.namesBatches && place.intended !== batch.last) await place.intend(batch.last);
      const refused = await deliverBatch(sink, batch, this.#known);
      for (const record of refused) await this.#park(batch, record);
    }
    await place.advance(batch.last, this.#known.place);
  }

  /** What the sink took before this process began. Then the reading begins anew. */
  async #recall(): Promise<ExportBatch | undefined> {
    const { place, reader, isWanted } = this.options;
    const { taken, position } = place;
    // Of a stream that was made anew it says nothing.
    if (taken === undefined || taken.sequence > position) return undefined;
    this.#open = false;
    await reader.open(taken.sequence);
    const { signal } = new AbortController();
    const { messages } = await reader.page({ most: 1, expiresMs: BURST_PULL_MS, signal });
    const [message] = messages;
    if (message?.seq !== taken.sequence) return undefined;
    const { stream } = reader;
    const bytes = linesOf(stream, message)[taken.line];
    const record = bytes && readRecord({ stream, ...taken }, message, bytes);
    if (record === undefined || !isWanted(record)) return undefined;
    const { seq, time } = message;
    return { stream, first: seq, last: seq, firstStoredAt: time, records: [record] };
  }

  /** Waits for a message, lets others arrive, and takes what is there, up to the limits. */
  async #gather(signal: AbortSignal): Promise<Gathered | undefined> {
    const { reader, place } = this.options;
    const gathering = new Gathering(this.options);
    await gathering.take(await reader.page({ most: 1, expiresMs: IDLE_PULL_MS, signal }));
    if (gathering.isEmpty) return undefined;
    if (place.intended === undefined) await this.#fill(gathering, signal);
    else await this.#fillTo(gathering, place.intended, signal);
    return gathering.batch();
  }

  async #fill(gathering: Gathering, signal: AbortSignal): Promise<void> {
    const deadline = performance.now() + this.options.sink.limits.lingerMs;
    for (;;) {
      await this.#takeWhatIsThere(gathering, signal);
      const leftMs = deadline - performance.now();
      if (gathering.isFull || leftMs <= 0 || signal.aborted) return;
      await wait(Math.min(leftMs, LINGER_STEP_MS), undefined, { signal }).catch(() => undefined);
    }
  }

  /** Never asks for more than there is: each pull then ends by itself. */
  async #takeWhatIsThere(gathering: Gathering, signal: AbortSignal): Promise<void> {
    const { reader } = this.options;
    let pending = await reader.pending();
    while (pending > 0 && !gathering.isFull && !signal.aborted) {
      const page = await reader.page({ most: pending, expiresMs: BURST_PULL_MS, signal });
      if (page.messages.length === 0) return;
      pending -= page.messages.length;
      await gathering.take(page);
    }
  }

  async #fillTo(gathering: Gathering, until: number, signal: AbortSignal): Promise<void> {
    while (gathering.last < until && !signal.aborted) {
      const most = until - gathering.last;
      await gathering.take(
        await this.options.reader.page({ most, expiresMs: BURST_PULL_MS, signal }),
      );
    }
  }

  async #park(batch: Gathered, record: ExportedRecord): Promise<void> {
    const message = batch.sources.get(record);
    if (message === undefined) return;
    const isLine = record.stream === COMMANDS_STREAM;
    const bytes = Buffer.from(record.text);
    const line = isLine ? { index: record.line, bytes } : undefined;
    await this.options.giveUp({ message, line, code: 'sink_refused' });
  }
}

/** A batch in the making. */
class Gathering {
  readonly #records: ExportedRecord[] = [];
  readonly #sources = new Map<ExportedRecord, JsMsg>();
  #first: JsMsg | undefined;
  #bytes = 0;
  #read = 0;
  last = 0;

  constructor(private readonly options: StreamExportOptions) {}

  get isEmpty(): boolean {
    return this.#first === undefined;
  }

  get isFull(): boolean {
    const { maxRecords, maxBytes } = this.options.sink.limits;
    return this.#read >= maxRecords || this.#bytes >= maxBytes;
  }

  async take({ messages, gaps }: Page): Promise<void> {
    const { reader, clock } = this.options;
    for (const message of messages) {
      const gap = gaps.find(({ to }) => to === message.seq - 1);
      if (gap !== undefined) {
        this.#records.push(exportGap({ stream: reader.stream, ...gap }, clock()));
      }
      this.#first ??= message;
      this.last = message.seq;
      this.#bytes += message.data.length;
      await this.#takeRecords(message);
    }
  }

  batch(): Gathered | undefined {
    if (this.#first === undefined) return undefined;
    return {
      stream: this.options.reader.stream,
      first: this.#first.seq,
      last: this.last,
      firstStoredAt: this.#first.time,
      records: this.#records,
      sources: this.#sources,
    };
  }

  async #takeRecords(message: JsMsg): Promise<void> {
    const { reader, isWanted, giveUp } = this.options;
    const isMany = reader.stream === COMMANDS_STREAM;
    const lines = linesOf(reader.stream, message);
    this.#read += lines.length;
    for (const [index, bytes] of lines.entries()) {
      try {
        const place = { stream: reader.stream, sequence: message.seq, line: index };
        const record = readRecord(place, message, bytes);
        if (!isWanted(record)) continue;
        this.#records.push(record);
        this.#sources.set(record, message);
      } catch (error) {
        if (!(error instanceof RecordRefused)) throw error;
        const line = isMany ? { index, bytes } : undefined;
        await giveUp({ message, line, code: 'record_unreadable' });
      }
    }
  }
}

const linesOf = (stream: string, message: JsMsg): readonly Uint8Array[] =>
  stream === COMMANDS_STREAM ? commandLines(message) : [message.data];

/** @throws RecordRefused */
const readRecord = (place: RecordPlace, message: JsMsg, bytes: Uint8Array): ExportedRecord =>
  exportedRecord(place, place.stream === CHECKPOINTS_STREAM ? exportedCheckpoint(message) : bytes);
