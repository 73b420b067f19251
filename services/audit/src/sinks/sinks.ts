import { isDeepStrictEqual } from 'node:util';
import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import type { SinkDocument, SinkView } from '@drawbridge/contracts';
import {
  countOpenParked,
  EXPORTS_BUCKET,
  guardedBucket,
  type JetStreamConnection,
  type RevisedBucket,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { makeSink } from './make-sink.js';
import { ParkedRecords } from './parked-records.js';
import { RunningSink, SINKS_PARKED_AS } from './running-sink.js';
import { viewSink } from './view-sink.js';

const LOOK_EVERY_MS = 5_000;
const TAKE_OVER_MS = 30_000;

export interface SinkOptions {
  /** Of the configuration; absent: there are no sinks. */
  readonly directory: string | undefined;
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  /** Silence after which one replica takes the sinks of another. @default 30000 */
  readonly takeOverMs?: number;
}

/** Figures of all sinks together. */
export type SinkFigures = Record<'sinks' | 'sinksFailing' | 'sinksLag' | 'sinksParked', number>;

/**
 * Tells the sinks of the configuration of the record, each stream of each at a pace of its own: none delays another, nor
 * what is stored in ClickHouse.
 */
export class Sinks {
  #running: readonly RunningSink[] = [];
  #turn: Promise<void> = Promise.resolve();
  #views: readonly SinkView[] = [];
  #parked = 0;
  readonly #bucket: RevisedBucket;
  /** What could not be told. */
  readonly records: ParkedRecords;

  private constructor(private readonly options: SinkOptions) {
    const { connection, clock, logger } = options;
    const sinks = () => this.#running.map(({ document }) => document);
    this.records = new ParkedRecords({ connection, clock, logger, sinks });
    this.#bucket = guardedBucket(options.connection, EXPORTS_BUCKET);
  }

  /** Begins with the sinks that there are, and takes over every change of the configuration. */
  static async start(options: SinkOptions, closers: Closers): Promise<Sinks> {
    const sinks = new Sinks(options);
    const { directory, logger } = options;
    if (directory === undefined) return sinks;
    const watcher = await watchConfiguration(directory, {
      only: ['Sink'],
      onChange: (configuration) => void sinks.#use(configuration.sinks),
      onError: (error) => {
        logger.error({ msg: 'sinks not reloaded', err: error });
      },
    });
    closers.add(() => sinks.#use([]));
    closers.add(() => watcher.close());
    await sinks.#use(watcher.current.sinks);
    const timer = setInterval(() => void sinks.#look(), LOOK_EVERY_MS).unref();
    closers.add(() => {
      clearInterval(timer);
    });
    return sinks;
  }

  /** Each sink and how far it is, as of a moment ago; also of those that another replica tells. */
  get views(): readonly SinkView[] {
    return this.#views;
  }

  /** Messages, or lines of them, that wait for a person, as of a moment ago. */
  get parked(): number {
    return this.#parked;
  }

  figures(): SinkFigures | Record<string, never> {
    if (this.options.directory === undefined) return {};
    const lagOf = ({ streams }: SinkView) => streams.reduce((sum, { behind }) => sum + behind, 0);
    return {
      sinks: this.#running.length,
      sinksFailing: this.#views.filter(({ failing }) => failing !== undefined).length,
      sinksLag: Math.max(0, ...this.#views.map(lagOf)),
      sinksParked: this.#parked,
    };
  }

  /** One set of sinks after another; those that stay as they are go on. */
  #use(documents: readonly SinkDocument[]): Promise<void> {
    this.#turn = this.#turn
      .then(() => this.#replace(documents))
      .catch((error: unknown) => {
        this.options.logger.error({ msg: 'sinks not started', err: error });
      });
    return this.#turn;
  }

  async #replace(documents: readonly SinkDocument[]): Promise<void> {
    const before = this.#running;
    const kept = new Map(documents.map((document) => [document, findSame(before, document)]));
    const staying = new Set(kept.values());
    await Promise.all(before.filter((one) => !staying.has(one)).map((one) => one.close()));
    this.#running = documents.map((document) => kept.get(document) ?? this.#begin(document));
    await this.#look();
  }

  #begin(document: SinkDocument): RunningSink {
    const { connection, clock, logger, takeOverMs = TAKE_OVER_MS } = this.options;
    const sink = makeSink(document.spec.to, { clock, logger });
    const running = new RunningSink({
      ...{ document, sink, connection, clock, logger, takeOverMs },
      bucket: this.#bucket,
    });
    running.start();
    return running;
  }

  async #look(): Promise<void> {
    try {
      const { connection } = this.options;
      const views = this.#running.map(({ document }) =>
        viewSink(document, { connection, bucket: this.#bucket }),
      );
      this.#views = await Promise.all(views);
      this.#parked = await countOpenParked(connection, SINKS_PARKED_AS);
    } catch (error) {
      this.options.logger.warn({ msg: 'sinks not looked at', err: error });
    }
  }
}

const findSame = (running: readonly RunningSink[], { metadata, spec }: SinkDocument) =>
  running.find(
    ({ document }) =>
      document.metadata.name === metadata.name && isDeepStrictEqual(document.spec, spec),
  );
