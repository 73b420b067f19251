import type { LoggerService } from '@nestjs/common';
import {
  ACCESS_STREAM,
  AUDIT_STREAM,
  CHECKPOINTS_STREAM,
  COMMANDS_STREAM,
  HOLDS_STREAM,
  STOPS_STREAM,
  USES_STREAM,
  countParked,
  parkMessage,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { codeOf } from '@drawbridge/kernel';
import type { JsMsg } from '@nats-io/jetstream';
import { insertRows, insertText, type InsertedRow } from '../clickhouse/insert-rows.js';
import type { AuditStore, AuditTable } from '../clickhouse/select-page.js';
import { auditEventRow } from '../domain/audit-event-row.js';
import { eventRow, type EventRow, type StoredEvent } from '../domain/event-row.js';
import { holdRow } from '../domain/hold-row.js';
import { withRaw } from '../domain/rebuild-event.js';
import { messageRow } from '../domain/message-row.js';
import { stopRow } from '../domain/stop-row.js';
import { useRow } from '../domain/use-row.js';
import { textOf } from './parse-json.js';
import { BatchFeed, type BatchFeedOptions } from './batch-feed.js';
import { IngestRate } from './ingest-rate.js';
import { checkpointsIntoTable } from './checkpoint-row.js';
import type { Reading } from './reading.js';
import { commandLineRow } from './read-command.js';
import {
  readAuditEvent,
  readEvent,
  readHoldEvent,
  readStopEvent,
  readUseEvent,
} from './read-event.js';
import { recordBatch, type Noted, type Recording } from './record-batch.js';
import { LineRecorder, type LineRecording } from './record-lines.js';
import { recordsOf, storedMessage, wholeMessage, type Source } from './source.js';

/** Its consumers, one on each stream. */
export const DURABLE = 'audit';
const PARKED_REFRESH_MS = 5_000;
const MAX_BYTES = 4_194_304;
/** About 60 000 records: small inserts cost more than large ones, and make more to merge. */
const MAX_COMMAND_BYTES = 33_554_432;
/** While three batches are with ClickHouse the next is read. */
const COMMAND_LANES = 4;

export interface IngestLimits {
  /** Messages stored at once, and so held in memory at once. @default 1000 */
  readonly maxMessages?: number;
  /** Bytes of messages after which no more are taken into a batch. @default 4194304, of COMMANDS 33554432 */
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

type IngestFigure =
  | 'eventsLag'
  | 'commandsLag'
  | 'commandsLagMs'
  | 'recordsPerSecond'
  | 'holdsLag'
  | 'stopsLag'
  | 'usesLag'
  | 'auditEventsLag'
  | 'checkpointsLag'
  | 'parked';

/** Copies the streams ACCESS, HOLDS, STOPS, USES, AUDIT, COMMANDS and CHECKPOINTS into ClickHouse. */
export class Ingest {
  readonly #events: BatchFeed;
  readonly #commands: BatchFeed;
  readonly #holds: BatchFeed;
  readonly #stops: BatchFeed;
  readonly #uses: BatchFeed;
  readonly #trail: BatchFeed;
  readonly #rate = new IngestRate();
  readonly #checkpoints: BatchFeed;
  #parked = 0;
  #timer: NodeJS.Timeout | undefined;

  constructor(private readonly dependencies: IngestDependencies) {
    this.#events = this.#feed(ACCESS_STREAM, eventsInto('events', readEvent, eventRow));
    this.#commands = this.#commandsFeed();
    this.#holds = this.#feed(HOLDS_STREAM, eventsInto('holds', readHoldEvent, holdRow));
    this.#stops = this.#feed(STOPS_STREAM, eventsInto('stops', readStopEvent, stopRow));
    this.#uses = this.#feed(USES_STREAM, eventsInto('uses', readUseEvent, useRow));
    this.#trail = this.#feed(
      AUDIT_STREAM,
      eventsInto('audit_events', readAuditEvent, auditEventRow),
    );
    this.#checkpoints = this.#feed(CHECKPOINTS_STREAM, checkpointsIntoTable);
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
  figures(): Record<IngestFigure, number> {
    return {
      eventsLag: this.#events.lag,
      commandsLag: this.#commands.lag,
      holdsLag: this.#holds.lag,
      stopsLag: this.#stops.lag,
      usesLag: this.#uses.lag,
      auditEventsLag: this.#trail.lag,
      commandsLagMs: this.#rate.lagMs,
      recordsPerSecond: this.#rate.linesPerSecond,
      checkpointsLag: this.#checkpoints.lag,
      parked: this.#parked,
    };
  }

  get #feeds(): readonly BatchFeed[] {
    return [
      ...[this.#events, this.#commands, this.#holds, this.#stops, this.#uses],
      ...[this.#trail, this.#checkpoints],
    ];
  }

  #commandsFeed(): BatchFeed {
    const { store } = this.dependencies;
    const recording: LineRecording = {
      ...this.#recording({ sourcesOf: recordsOf, rowOf: commandLineRow }),
      insertText: (table, text) => insertText(store, table, text),
    };
    const lanes = Array.from({ length: COMMAND_LANES }, () => new LineRecorder(recording));
    return this.#batches(COMMANDS_STREAM, {
      maxBytes: MAX_COMMAND_BYTES,
      lanes: lanes.length,
      store: async (messages, lane) => {
        const [oldest] = messages;
        if (oldest === undefined) return;
        this.#rate.begin(lane, oldest.time);
        const lines = (await lanes[lane]?.record(messages)) ?? 0;
        this.#rate.stored(lane, lines);
      },
    });
  }

  #feed(stream: string, reading: Reading): BatchFeed {
    const recording = this.#recording(reading);
    return this.#batches(stream, { store: (messages) => recordBatch(recording, messages) });
  }

  #recording(reading: Reading): Recording {
    const { store } = this.dependencies;
    return {
      ...reading,
      insert: (table, rows) => insertRows(store, { table, rows }),
      insertMessages: async (messages) => {
        const rows = messages.map(messageInsertion);
        await insertRows(store, { table: 'stream_messages', rows });
      },
      park: (source, code) => this.#park(source, code),
    };
  }

  #batches(
    stream: string,
    options: Pick<BatchFeedOptions, 'store'> & Partial<BatchFeedOptions>,
  ): BatchFeed {
    const { connection, logger, limits = {} } = this.dependencies;
    return new BatchFeed(connection, {
      stream,
      durable: DURABLE,
      maxMessages: limits.maxMessages ?? 1000,
      ...options,
      maxBytes: limits.maxBytes ?? options.maxBytes ?? MAX_BYTES,
      lingerMs: 50,
      ackWaitMs: limits.ackWaitMs ?? 30_000,
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

/** One row for each message of a stream of events. */
const eventsInto = (
  table: AuditTable,
  read: (message: JsMsg) => StoredEvent,
  rowOf: (event: StoredEvent) => EventRow,
): Reading => ({
  sourcesOf: wholeMessage,
  rowOf: ({ message }) => {
    const event = read(message);
    const text = textOf(message.data) ?? '';
    return { table, columns: withRaw(rowOf(event), { aggregateId: event.aggregateId, text }) };
  },
});

function messageInsertion({ message, parked }: Noted): InsertedRow {
  const stored = storedMessage(message);
  const lines = parked.map(({ line = 0, bytes }) => ({ line, bytes }));
  return { columns: messageRow(stored, lines) };
}
