import { randomUUID } from 'node:crypto';
import { AckPolicy, DeliverPolicy, type Consumer, type JsMsg } from '@nats-io/jetstream';
import { startPull, type JetStreamConnection } from '@drawbridge/jetstream';

const CONNECTED_MS = 5_000;
/** A message may be as large as 256 KiB, and a pull is held in memory. */
const MESSAGES_PER_PULL = 16;
const INACTIVE_NANOS = 60_000_000_000;

export interface Reading {
  readonly most: number;
  readonly expiresMs: number;
  /** Ends the waiting. */
  readonly signal: AbortSignal;
}

/** Messages that stood in a stream and are there no more: deleted by their age. */
export interface Gap {
  readonly from: number;
  readonly to: number;
}

/** What a pull brought, in the order of the stream, and what is missing between. */
export interface Page {
  readonly messages: readonly JsMsg[];
  readonly gaps: readonly Gap[];
}

/**
 * Reads a stream from a place on, one page after another, with a consumer of its own that the server forgets. Nothing
 * is passed over: when messages were lost on their way, reading throws, and goes on when it was opened again.
 */
export class StreamReader {
  #consumer: Consumer | undefined;
  #next = 0;

  constructor(
    private readonly connection: JetStreamConnection,
    readonly stream: string,
  ) {}

  /** The oldest message that there still is, and the newest; of an empty stream `first` is one above `last`. */
  async bounds(): Promise<{ readonly first: number; readonly last: number }> {
    await this.connection.requireConnected(CONNECTED_MS);
    const { state } = await this.connection.manager.streams.info(this.stream);
    return { first: Math.max(state.first_seq, 1), last: state.last_seq };
  }

  /** Reads from `sequence` on from now on. */
  async open(sequence: number): Promise<void> {
    await this.close();
    const { consumers } = this.connection.manager;
    const name = `sink-${randomUUID()}`;
    await consumers.add(this.stream, {
      // With one, the right to make it can be given for this stream alone.
      name,
      ack_policy: AckPolicy.None,
      deliver_policy: DeliverPolicy.StartSequence,
      opt_start_seq: sequence,
      inactive_threshold: INACTIVE_NANOS,
      mem_storage: true,
      num_replicas: 1,
    });
    this.#next = sequence;
    this.#consumer = await this.connection.jetstream.consumers.get(this.stream, name);
  }

  /** How many messages there are that were not read. */
  async pending(): Promise<number> {
    return (await this.#requireConsumer().info()).num_pending;
  }

  /** What comes next, waiting at most `expiresMs` for `most` messages (16 at the most). */
  async page({ most, expiresMs, signal }: Reading): Promise<Page> {
    const consumer = this.#requireConsumer();
    const maxMessages = Math.min(most, MESSAGES_PER_PULL);
    const pull = await startPull(this.connection, consumer, { maxMessages, expiresMs });
    const stop = () => void pull.close();
    signal.addEventListener('abort', stop);
    if (signal.aborted) stop();
    const messages: JsMsg[] = [];
    try {
      for await (const message of pull) messages.push(message);
    } finally {
      signal.removeEventListener('abort', stop);
    }
    return this.#whole(messages);
  }

  #requireConsumer(): Consumer {
    if (this.#consumer === undefined) throw new Error(`no place to read ${this.stream} from`);
    return this.#consumer;
  }

  /** @throws Error when messages are missing that the stream still has */
  async #whole(messages: readonly JsMsg[]): Promise<Page> {
    const gaps: Gap[] = [];
    for (const { seq } of messages) {
      const expected = this.#next;
      if (seq !== expected) {
        const isGap = seq > expected && (await this.#oldestFrom(expected)) === seq;
        if (!isGap) throw new Error(`messages of ${this.stream} were lost on their way`);
        gaps.push({ from: expected, to: seq - 1 });
      }
      this.#next = seq + 1;
    }
    return { messages, gaps };
  }

  /** The stream itself says what it has no more. */
  async #oldestFrom(sequence: number): Promise<number | undefined> {
    const query = { seq: sequence, next_by_subj: '>' };
    const message = await this.connection.manager.streams.getMessage(this.stream, query);
    return message?.seq;
  }

  async close(): Promise<void> {
    const consumer = this.#consumer;
    this.#consumer = undefined;
    await consumer?.delete().catch(() => undefined);
  }
}
