import { randomUUID } from 'node:crypto';
import { setTimeout as wait } from 'node:timers/promises';
import type { LoggerService } from '@nestjs/common';
import { PAYLOAD_TYPES, SINK_STREAMS, sinkTypes, type SinkDocument } from '@drawbridge/contracts';
import { parkMessage, type JetStreamConnection, type RevisedBucket } from '@drawbridge/jetstream';
import { codeOf, type Clock } from '@drawbridge/kernel';
import type { ExportedRecord } from '../domain/exported-record.js';
import type { Sink } from './sink.js';
import { SinkPlace, SinkPlaceLost, type KeptPlace } from './sink-place.js';
import { StreamExport, type GivenUp } from './stream-export.js';
import { StreamReader } from './stream-reader.js';

/** Under this name messages are parked that a sink could not be told of. */
export const SINKS_PARKED_AS = 'audit-sinks';
/** Behind it stands the name of the sink. */
export const SINK_CONSUMER_PREFIX = 'sink-';
const PAUSE_MS = 1_000;

export interface RunningSinkOptions {
  readonly document: SinkDocument;
  readonly sink: Sink;
  readonly connection: JetStreamConnection;
  readonly bucket: RevisedBucket;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly takeOverMs: number;
}

/** The streams on which there is something that a sink wants. */
export const streamsOf = ({ spec: { streams, types } }: SinkDocument): readonly string[] =>
  (streams ?? SINK_STREAMS).filter(
    (stream) => types === undefined || types.some((type) => sinkTypes[stream].includes(type)),
  );

/** Whether a sink is told of a record. */
export const isWanted = (
  { spec: { types } }: SinkDocument,
  { type }: Pick<ExportedRecord, 'type'>,
): boolean =>
  types === undefined ? !PAYLOAD_TYPES.includes(type) : types.some((wanted) => wanted === type);

/** One sink of the configuration, told by this process or, while that goes on, by another replica. */
export class RunningSink {
  readonly #closing = new AbortController();
  readonly #place: SinkPlace;
  readonly #failing = new Map<string, NonNullable<KeptPlace['failing']>>();
  #running: Promise<void> = Promise.resolve();

  constructor(private readonly options: RunningSinkOptions) {
    const { bucket, document, takeOverMs } = options;
    this.#place = new SinkPlace({
      bucket,
      sink: document.metadata.name,
      owner: randomUUID(),
      takeOverMs,
      beginnings: (kept) => this.#beginnings(kept),
    });
  }

  get document(): SinkDocument {
    return this.options.document;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Ends with the batch that is under way, whatever becomes of it, and lets another replica go on. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#closing;
    while (!signal.aborted) {
      try {
        if (await this.#place.acquire(signal)) await this.#tell();
      } catch (error) {
        this.#report({ msg: 'a sink could not be begun', error });
        await wait(PAUSE_MS, undefined, { signal }).catch(() => undefined);
      }
    }
  }

  /** Until it is closed or another replica has taken over. */
  async #tell(): Promise<void> {
    const over = new AbortController();
    const end = () => over.abort();
    this.#closing.signal.addEventListener('abort', end, { once: true });
    if (this.#closing.signal.aborted) end();
    this.#failing.clear();
    const timer = setInterval(() => void this.#renew(end), this.options.takeOverMs / 3);
    try {
      const exports = streamsOf(this.document).map((stream) => this.#export(stream, end));
      await Promise.all(exports.map((one) => one.run(over.signal)));
    } finally {
      clearInterval(timer);
      this.#closing.signal.removeEventListener('abort', end);
      await this.#place.release().catch(() => undefined);
    }
  }

  async #renew(end: () => void): Promise<void> {
    try {
      await this.#place.renew([...this.#failing.values()][0]);
    } catch (error) {
      if (error instanceof SinkPlaceLost) end();
    }
  }

  #export(stream: string, end: () => void): StreamExport {
    const { connection, sink, clock } = this.options;
    return new StreamExport({
      sink,
      clock,
      place: this.#place.of(stream),
      reader: new StreamReader(connection, stream),
      isWanted: (record) => isWanted(this.document, record),
      giveUp: (given) => this.#giveUp(given),
      onSuccess: () => void this.#failing.delete(stream),
      onFailure: (error, retryMs) => {
        if (error instanceof SinkPlaceLost) {
          end();
          return;
        }
        this.#noteFailure(stream, error);
        this.#report({ msg: 'a sink does not take the record', stream, retryMs, error });
      },
    });
  }

  #noteFailure(stream: string, error: unknown): void {
    const since = this.#failing.get(stream)?.since ?? this.options.clock().toISOString();
    this.#failing.set(stream, { since, code: codeOf(error) ?? 'sink_unavailable' });
  }

  async #giveUp({ message, line, code }: GivenUp): Promise<void> {
    const { connection, document } = this.options;
    const { name } = document.metadata;
    await parkMessage(connection, message, {
      durable: SINKS_PARKED_AS,
      consumer: `${SINK_CONSUMER_PREFIX}${name}`,
      code,
      ...(line && { line }),
    });
    const sequence = message.seq;
    const { stream } = message.info;
    this.options.logger.error({
      msg: 'a record was not exported, and parked',
      sink: name,
      stream,
      sequence,
      line: line?.index,
      code,
    });
  }

  #report({ error, ...more }: Readonly<Record<string, unknown>> & { readonly error: unknown }) {
    const code = codeOf(error) ?? 'sink_unavailable';
    const sink = this.document.metadata.name;
    this.options.logger.warn({ ...more, sink, code, err: error });
  }

  /** A sink that is new begins at what comes next, or at the oldest; one that is behind a stream made anew, as if new. */
  async #beginnings(kept: KeptPlace['positions']): Promise<KeptPlace['positions']> {
    const { connection, document } = this.options;
    const positions: Record<string, number> = { ...kept };
    for (const stream of streamsOf(document)) {
      const { first, last } = await new StreamReader(connection, stream).bounds();
      const position = kept[stream];
      if (position === undefined)
        positions[stream] = document.spec.from === 'first' ? first - 1 : last;
      else if (position > last) positions[stream] = first - 1;
    }
    return positions;
  }
}
