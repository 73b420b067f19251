import type { LoggerService } from '@nestjs/common';
import {
  ACCESS_STREAM,
  COMMANDS_STREAM,
  HOLDS_STREAM,
  STOPS_STREAM,
  countParked,
  parkMessage,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { codeOf } from '@drawbridge/kernel';
import { insertRows } from '../clickhouse/insert-rows.js';
import type { AuditStore, AuditTable } from '../clickhouse/select-page.js';
import { commandRow } from '../domain/command-row.js';
import { eventRow } from '../domain/event-row.js';
import { holdRow } from '../domain/hold-row.js';
import { stopRow } from '../domain/stop-row.js';
import { BatchFeed } from './batch-feed.js';
import { readCommand } from './read-command.js';
import { readEvent, readHoldEvent, readStopEvent } from './read-event.js';
import { recordBatch, type Recording } from './record-batch.js';
import { recordsOf, wholeMessage, type Source } from './source.js';

/** Its consumers, one on each stream. */
export const DURABLE = 'audit';
const PARKED_REFRESH_MS = 5_000;
/** About 7 000 records. */
const MAX_BYTES = 4_194_304;

export interface IngestLimits {
  /** Messages stored at once, and so held in memory at once. @default 1000 */
  readonly maxMessages?: number;
  /** Bytes of messages after which no more are taken into a batch. @default 4194304 */
  readonly maxBytes?: number;
  /** Silence after which another process gets the batch of one that died. @default 30000 */
  readonly ackWaitMs?: number;
}

export interface IngestDependencies {
  readonly connection: JetStreamConnection;
  readonly store: AuditStore;
  readonly logger: LoggerService;
  readonly limits?: IngestLimits;
}

/** Copies the streams ACCESS, HOLDS, STOPS and COMMANDS into ClickHouse. */
export class Ingest {
  readonly #events: BatchFeed;
  readonly #commands: BatchFeed;
  readonly #holds: BatchFeed;
  readonly #stops: BatchFeed;
  #parked = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly dependencies: IngestDependencies) {
    this.#events = this.#feed(ACCESS_STREAM, 'events', {
      sourcesOf: wholeMessage,
      rowOf: ({ message }) => eventRow(readEvent(message)),
    });
    this.#commands = this.#feed(COMMANDS_STREAM, 'commands', {
      sourcesOf: recordsOf,
      rowOf: (source) => commandRow(readCommand(source), source.message.seq),
    });
    this.#holds = this.#feed(HOLDS_STREAM, 'holds', {
      sourcesOf: wholeMessage,
      rowOf: ({ message }) => holdRow(readHoldEvent(message)),
    });
    this.#stops = this.#feed(STOPS_STREAM, 'stops', {
      sourcesOf: wholeMessage,
      rowOf: ({ message }) => stopRow(readStopEvent(message)),
    });
  }

  async start(): Promise<void> {
    await this.#countParked();
    for (const feed of this.#feeds) await feed.start();
    this.#timer = setInterval(() => void this.#countParked(), PARKED_REFRESH_MS).unref();
  }

  /** Stores what it holds, if ClickHouse takes it, and stops. */
  async close(): Promise<void> {
    clearInterval(this.#timer);
    await Promise.all(this.#feeds.map((feed) => feed.close()));
  }

  get healthy(): boolean {
    return this.#feeds.every(({ healthy }) => healthy);
  }

  /** How far behind it is, and how many messages wait on PARKED for a person. */
  figures(): Record<'eventsLag' | 'commandsLag' | 'holdsLag' | 'stopsLag' | 'parked', number> {
    return {
      eventsLag: this.#events.lag,
      commandsLag: this.#commands.lag,
      holdsLag: this.#holds.lag,
      stopsLag: this.#stops.lag,
      parked: this.#parked,
    };
  }

  get #feeds(): readonly BatchFeed[] {
    return [this.#events, this.#commands, this.#holds, this.#stops];
  }

  #feed(
    stream: string,
    table: AuditTable,
    reading: Pick<Recording, 'sourcesOf' | 'rowOf'>,
  ): BatchFeed {
    const { connection, store, logger, limits = {} } = this.dependencies;
    const recording: Recording = {
      ...reading,
      insert: (rows) => insertRows(store, { table, rows }),
      park: (source, code) => this.#park(source, code),
    };
    return new BatchFeed(connection, {
      stream,
      durable: DURABLE,
      maxMessages: limits.maxMessages ?? 1000,
      maxBytes: limits.maxBytes ?? MAX_BYTES,
      lingerMs: 50,
      ackWaitMs: limits.ackWaitMs ?? 30_000,
      store: (messages) => recordBatch(recording, messages),
      onFailure: ({ retryMs, error }) => {
        const code = codeOf(error) ?? 'record_not_stored';
        logger.error({ msg: 'batch not stored yet', stream, code, retryMs, err: error });
      },
    });
  }

  async #park({ message, line: index, bytes }: Source, code: string): Promise<void> {
    const { connection, logger } = this.dependencies;
    const line = index === undefined ? {} : { line: { index, bytes } };
    await parkMessage(connection, message, { durable: DURABLE, code, ...line });
    const { stream } = message.info;
    logger.error({ msg: 'message parked', stream, sequence: message.seq, line: index, code });
    await this.#countParked();
  }

  async #countParked(): Promise<void> {
    try {
      this.#parked = await countParked(this.dependencies.connection, DURABLE);
    } catch (error) {
      this.dependencies.logger.warn({ msg: 'parked messages not counted', err: error });
    }
  }
}
