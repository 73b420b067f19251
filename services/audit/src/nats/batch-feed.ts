import { setTimeout as wait } from 'node:timers/promises';
import type { Consumer, JsMsg } from '@nats-io/jetstream';
import {
  durableConsumer,
  pauseBeforePull,
  startPull,
  type Durable,
  type JetStreamConnection,
} from '@drawbridge/jetstream';

const IDLE_PULL_MS = 5_000;
const BURST_PULL_MS = 1_000;
/** A message has a megabyte at the most, which bounds what a pull brings when its size was misjudged. */
const MESSAGES_PER_PULL = 64;
const FIRST_PAUSE_MS = 100;
const MAX_PAUSE_MS = 10_000;

/** A batch that waits for its store gives signs of life within `ackWaitMs`. */
export interface BatchFeedOptions extends Durable {
  /** Messages stored at once, and so held in memory at once. */
  readonly maxMessages: number;
  /** Bytes after which a batch takes no more; it is larger by what its messages are larger than those before. */
  readonly maxBytes: number;
  /** How long to wait for more once there is one, so that single messages are not stored one by one. */
  readonly lingerMs: number;
  /**
   * Stores a batch, idempotently: delivery is at least once. Resolving acknowledges all of it; throwing
   * tries the same batch again, for as long as it takes. No other batch of the same lane is stored meanwhile.
   */
  readonly store: (messages: readonly JsMsg[], lane: number) => Promise<void>;
  /** Batches at once: one is pulled while the others are stored. @default 1 */
  readonly lanes?: number;
  readonly onFailure: (failure: { readonly retryMs: number; readonly error: unknown }) => void;
}

/**
 * Pulls the messages of one durable consumer in batches and keeps at it until closed: through lost
 * connections, restarts of the server and an absent store. Each lane holds one batch and asks for no more meanwhile. One
 * lane pulls at a time: what is left on the server is then known, and a batch has messages that follow each other.
 */
export class BatchFeed {
  #consumer: Consumer | undefined;
  #running: Promise<unknown> = Promise.resolve();
  /** Until the lane that pulls has its batch. */
  #turn: Promise<unknown> = Promise.resolve();
  readonly #closing = new AbortController();
  #pending = 0;
  #held = 0;
  #failing = false;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly options: BatchFeedOptions,
  ) {}

  /** Messages not stored yet, as of the last pull: those still on the server and those held. */
  get lag(): number {
    return this.#pending + this.#held;
  }

  /** Whether the last pull and the last attempt to store went well. */
  get healthy(): boolean {
    return !this.#failing && this.connection.connected;
  }

  /** Makes the consumer if it is not there and starts pulling. */
  async start(): Promise<void> {
    this.#consumer = await durableConsumer(this.connection, this.options);
    const lanes = Array.from({ length: this.options.lanes ?? 1 }, (_, lane) => this.#run(lane));
    this.#running = Promise.all(lanes);
  }

  /** Stores the batch it holds, if the store takes it, and stops; otherwise gives the batch back. */
  async close(): Promise<void> {
    this.#closing.abort();
    await this.#running;
    await this.connection.flush();
  }

  async #run(lane: number): Promise<void> {
    for (let failures = 0; !this.#closing.signal.aborted;) {
      try {
        const { consumer, batch } = await this.#inTurn(() => this.#next());
        await this.#storeBatch(consumer, batch, lane);
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#consumer = undefined;
        await this.#pauseAfter(error, failures);
      }
    }
  }

  async #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const before = this.#turn;
    const done = Promise.withResolvers<undefined>();
    this.#turn = done.promise;
    await before;
    try {
      return await work();
    } finally {
      done.resolve(undefined);
    }
  }

  async #next(): Promise<{ readonly consumer: Consumer; readonly batch: readonly JsMsg[] }> {
    const consumer = (this.#consumer ??= await durableConsumer(this.connection, this.options));
    return { consumer, batch: this.#closing.signal.aborted ? [] : await this.#gather(consumer) };
  }

  /** Waits for one message, lets others arrive, and takes what is there. */
  async #gather(consumer: Consumer): Promise<readonly JsMsg[]> {
    const first = await this.#pull(consumer, 1, IDLE_PULL_MS);
    if (first.length === 0) {
      await this.#countPending(consumer);
      return [];
    }
    const { pending = 0 } = first[0]?.info ?? {};
    this.#pending = pending;
    if (pending < this.options.maxMessages) {
      await this.#wait(this.options.lingerMs);
      await this.#countPending(consumer);
    }
    return this.#fill(consumer, first);
  }

  /** Takes what there is until the batch is full. Never asks for more than there is: each pull then ends by itself. */
  async #fill(consumer: Consumer, first: readonly JsMsg[]): Promise<readonly JsMsg[]> {
    const batch = [...first];
    let bytes = Math.max(1, sizeOf(first));
    while (bytes < this.options.maxBytes && !this.#closing.signal.aborted) {
      const room = this.options.maxMessages - batch.length;
      // As many as fit, if they are as long as those before.
      const fitting = Math.ceil(((this.options.maxBytes - bytes) / bytes) * batch.length);
      const count = Math.min(this.#pending, room, fitting, MESSAGES_PER_PULL);
      if (count <= 0) break;
      const pulled = await this.#pull(consumer, count, BURST_PULL_MS);
      batch.push(...pulled);
      bytes += sizeOf(pulled);
      // Fewer than there are: the connection changed, or another replica was faster.
      this.#pending = pulled.length < count ? 0 : (pulled.at(-1)?.info.pending ?? 0);
    }
    return batch;
  }

  async #countPending(consumer: Consumer): Promise<void> {
    const { num_pending } = await consumer.info();
    this.#pending = num_pending;
    if (this.#held === 0) this.#failing = false;
  }

  async #pull(
    consumer: Consumer,
    maxMessages: number,
    expiresMs: number,
  ): Promise<readonly JsMsg[]> {
    const messages = await startPull(this.connection, consumer, { maxMessages, expiresMs });
    const stop = () => void messages.close();
    this.#closing.signal.addEventListener('abort', stop);
    if (this.#closing.signal.aborted) stop();
    const pulled: JsMsg[] = [];
    try {
      for await (const message of messages) pulled.push(message);
      return pulled;
    } finally {
      this.#closing.signal.removeEventListener('abort', stop);
    }
  }

  async #storeBatch(consumer: Consumer, batch: readonly JsMsg[], lane: number): Promise<void> {
    if (batch.length === 0) return;
    this.#held += batch.length;
    const heartbeat = setInterval(
      () => batch.forEach((message) => message.working()),
      Math.ceil(this.options.ackWaitMs / 3),
    );
    try {
      const stored = await this.#storeAtLast(consumer, batch, lane);
      for (const message of batch) {
        if (stored) message.ack();
        else message.nak();
      }
    } finally {
      clearInterval(heartbeat);
      this.#held -= batch.length;
    }
  }

  /** Resolves with true when stored; with false when it was not and the service is closing. */
  async #storeAtLast(consumer: Consumer, batch: readonly JsMsg[], lane: number): Promise<boolean> {
    for (let failures = 1; ; failures += 1) {
      try {
        await this.options.store(batch, lane);
        this.#failing = false;
        return true;
      } catch (error) {
        if (this.#closing.signal.aborted) return false;
        await this.#pauseAfter(error, failures);
        // The lag grows meanwhile, and is looked at when the store is away.
        await this.#countPending(consumer).catch(() => undefined);
      }
    }
  }

  async #pauseAfter(error: unknown, failures: number): Promise<void> {
    this.#failing = true;
    const away = !this.connection.connected;
    const backOffMs = Math.min(FIRST_PAUSE_MS * 2 ** failures, MAX_PAUSE_MS);
    const retryMs = away ? MAX_PAUSE_MS : pauseBeforePull(error, backOffMs);
    if (!away) this.options.onFailure({ retryMs, error });
    await (away ? this.#waitForServer(retryMs) : this.#wait(retryMs));
  }

  async #waitForServer(ms: number): Promise<void> {
    await Promise.race([this.connection.whenConnected(ms), this.#wait(ms)]);
  }

  /** Waits, or returns at once when the service is closing. */
  async #wait(ms: number): Promise<void> {
    await wait(ms, undefined, { signal: this.#closing.signal }).catch(() => undefined);
  }
}

const sizeOf = (messages: readonly JsMsg[]): number =>
  messages.reduce((sum, { data }) => sum + data.length, 0);
