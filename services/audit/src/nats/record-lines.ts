import { isUtf8 } from 'node:buffer';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { crc32 } from 'node:zlib';
import type { JsMsg } from '@nats-io/jetstream';
import type { AuditTable } from '../clickhouse/select-page.js';
import { BodyRows } from '../domain/body-rows.js';
import { CommandRows, type LineOfMessage, type TableText } from '../domain/command-rows.js';
import { positionOf } from '../domain/position.js';
import { RecordRefused } from '../domain/record-refused.js';
import { recordBatch, recordSources, type Recording } from './record-batch.js';
import { hasLines, lineEndsOf, type Source } from './source.js';

export interface LineRecording extends Recording {
  /** Resolves when the rows are durable; throws RecordRefused when one of them can never be. */
  readonly insertText: (table: AuditTable, text: TableText) => Promise<void>;
}

/** Buffers for one batch at a time: they are large, and used again. */
export class LineRecorder {
  readonly #commands = new CommandRows();
  readonly #bodies = new BodyRows();

  constructor(private readonly recording: LineRecording) {}

  /**
   * Stores messages of `COMMANDS`. Lines that have the one text of their record, which are nearly all, become columns
   * without being parsed; all others go the exact way, one by one. So do all of them when ClickHouse refuses a value,
   * to find which. Doing the whole batch again is harmless.
   *
   * @returns how many lines there were
   */
  async record(messages: readonly JsMsg[]): Promise<number> {
    const { others, lines } = await this.#scan(messages);
    try {
      await Promise.all([
        this.recording.insertText('commands', this.#commands.finish()),
        this.recording.insertText('bodies', this.#bodies.finish()),
      ]);
    } catch (error) {
      if (!(error instanceof RecordRefused)) throw error;
      await recordBatch(this.recording, messages);
      return lines;
    }
    await recordSources(this.recording, messages, others);
    return lines;
  }

  /** `others` are the lines that are for the exact way. */
  async #scan(
    messages: readonly JsMsg[],
  ): Promise<{ readonly others: readonly Source[]; readonly lines: number }> {
    const size = { bytes: 0, lines: 0 };
    const split = messages.map((message) => endsOf(message));
    for (const [index, { data }] of messages.entries()) {
      size.bytes += data.length;
      size.lines += split[index]?.length ?? 0;
    }
    this.#commands.begin(size);
    this.#bodies.begin(size);
    const others: Source[] = [];
    for (const [index, message] of messages.entries()) {
      others.push(...this.#scanMessage(message, split[index] ?? []));
      // All of a batch at once would keep heartbeats and requests waiting for a quarter of a second.
      if ((index + 1) % MESSAGES_A_TURN === 0) await nextTurn();
    }
    return { others, lines: size.lines };
  }

  #scanMessage(message: JsMsg, ends: readonly number[]): Source[] {
    const { seq, data } = message;
    const others: Source[] = [];
    const isText = isUtf8(data);
    let from = 0;
    for (const [line, to] of ends.entries()) {
      const bytes = data.subarray(from, to);
      const place = { bytes: data, from, to, position: positionOf(seq, line), check: crc32(bytes) };
      const isTaken = isText && this.#take(place);
      if (!isTaken) others.push(ends.length === 1 ? { message, bytes } : { message, line, bytes });
      from = to + 1;
    }
    return others;
  }

  #take(line: LineOfMessage): boolean {
    // `{"type":"CommandBody`
    const isBody = line.bytes[line.from + KIND_AT] === BODY_KIND;
    return isBody ? this.#bodies.add(line) : this.#commands.add(line);
  }
}

/** Some 4 MB, which take about 30 ms. */
const MESSAGES_A_TURN = 16;
const KIND_AT = 16;
const BODY_KIND = 0x42;

const endsOf = (message: JsMsg): number[] =>
  hasLines(message) ? lineEndsOf(message.data) : [message.data.length];
