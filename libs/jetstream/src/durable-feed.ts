import type { Consumer, ConsumerMessages, JsMsg } from '@nats-io/jetstream';
import { durableConsumer, pauseBeforePull, type Durable } from './durable-consumer.js';
import { InFlight } from './in-flight.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { startPull } from './start-pull.js';

const PULL_EXPIRES_MS = 5_000;
const MAX_PAUSE_MS = 5_000;
const MAX_RETRY_MS = 60_000;

export interface DurableFeedOptions extends Durable {
  /** Messages handled at the same time by this process. */
  readonly concurrency: number;
  /** Handle messages of one subject one after another. */
  readonly oneBySubject: boolean;
  /** Longest time until a message that failed comes again; it doubles from a second. @default 60000 */
  readonly maxRetryMs?: number;
  /** Handles one message, idempotently: delivery is at least once. Throwing delivers it again later. */
  readonly handle: (message: JsMsg) => Promise<'ack' | 'term'>;
  readonly onFailure: (failure: FeedFailure) => void;
}

/** A message that will be delivered again, or (without `message`) a pull that failed and is repeated. */
export interface FeedFailure {
  readonly message?: JsMsg;
  readonly retryMs: number;
  readonly error: unknown;
}

/**
 * Pulls the messages of one durable consumer and keeps at it until closed: through lost connections, restarts
 * of the server and a consumer that was deleted (made again, from the first message).
 *
 * It never asks for more messages than it can start to handle at once, so none waits unseen for its turn.
 */
export class DurableFeed {
  readonly #inFlight: InFlight;
  #consumer: Consumer | undefined;
  #messages: ConsumerMessages | undefined;
  #running: Promise<void> = Promise.resolve();
  #closing = false;
  #interrupt = (): void => undefined;
  #pending = 0;
  #healthy = false;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly options: DurableFeedOptions,
  ) {
    this.#inFlight = new InFlight(options.concurrency, Math.ceil(options.ackWaitMs / 3));
  }

  /** Messages the server has for us and has not delivered, as of the last delivery or pull. */
  get pending(): number {
    return this.#pending;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Whether the last pull went well. */
  get healthy(): boolean {
    return this.#healthy && this.connection.connected;
  }

  /** Makes the consumer if it is not there and starts pulling. */
  async start(): Promise<void> {
    this.#consumer = await durableConsumer(this.connection, this.options);
    this.#healthy = true;
    this.#running = this.#run();
  }

  /** Stops pulling, lets what is being handled finish for at most `drainMs`, and says whether all did. */
  async close(drainMs: number): Promise<boolean> {
    this.#closing = true;
    await this.#messages?.close();
    this.#interrupt();
    await this.#running;
    const drained = await this.#inFlight.whenIdle(drainMs);
    this.#inFlight.abandon();
    await this.connection.flush();
    return drained;
  }

  async #run(): Promise<void> {
    for (let failures = 0; !this.#stopped();) {
      await Promise.race([this.#inFlight.whenFree(), this.#interrupted()]);
      await this.#connected();
      if (this.#stopped()) return;
      try {
        await this.#unlessClosing(this.#pullOnce());
        failures = 0;
      } catch (error) {
        failures += 1;
        this.#healthy = false;
        this.#consumer = undefined;
        const retryMs = pauseBeforePull(error, Math.min(100 * 2 ** failures, MAX_PAUSE_MS));
        if (this.connection.connected) this.options.onFailure({ retryMs, error });
        await this.#pause(retryMs);
      }
    }
  }

  async #pullOnce(): Promise<void> {
    this.#consumer ??= await durableConsumer(this.connection, this.options);
    const received = await this.#pull(this.#consumer);
    if (received === 0 && this.connection.connected) await this.#refresh(this.#consumer);
  }

  /** Takes what one pull brings, until it has expired; returns how many messages that were. */
  async #pull(consumer: Consumer): Promise<number> {
    const messages = await startPull(this.connection, consumer, {
      maxMessages: this.#inFlight.free,
      expiresMs: PULL_EXPIRES_MS,
    });
    this.#messages = messages;
    if (this.#closing) void messages.close();
    let received = 0;
    for await (const message of messages) {
      received += 1;
      this.#healthy = true;
      this.#take(message);
    }
    return received;
  }

  #take(message: JsMsg): void {
    this.#pending = message.info.pending;
    this.#inFlight.add(message, () => this.#handle(message), this.options);
  }

  async #handle(message: JsMsg): Promise<(newest: JsMsg) => void> {
    try {
      const outcome = await this.options.handle(message);
      return (newest) => (outcome === 'ack' ? newest.ack() : newest.term());
    } catch (error) {
      return (newest) => {
        const retryMs = retryAfterMs(newest.info.deliveryCount, this.options.maxRetryMs);
        this.options.onFailure({ message: newest, retryMs, error });
        newest.nak(retryMs);
      };
    }
  }

  /** An idle pull ends without a word: ask whether the consumer still exists and what waits. */
  async #refresh(consumer: Consumer): Promise<void> {
    const { num_pending } = await consumer.info();
    this.#pending = num_pending;
    this.#healthy = true;
  }

  /** Waits for `work`, but not for its time-outs once the feed closes. */
  async #unlessClosing(work: Promise<void>): Promise<void> {
    await Promise.race([work, this.#interrupted()]);
    if (this.#closing) work.catch(() => undefined);
  }

  #stopped(): boolean {
    return this.#closing;
  }

  #interrupted(): Promise<void> {
    return new Promise((resolve) => {
      this.#interrupt = resolve;
    });
  }

  async #pause(ms: number): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const paused = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, ms);
    });
    await Promise.race([paused, this.#interrupted()]);
    clearTimeout(timer);
  }

  async #connected(): Promise<void> {
    while (!this.connection.connected && !this.#closing) {
      // Closed for good, by the service itself: there is nothing to come.
      if (this.connection.closed) this.#closing = true;
      await Promise.race([this.connection.whenConnected(60_000), this.#interrupted()]);
    }
  }
}

/** 1 s, 2 s, 4 s … 60 s. */
export const retryAfterMs = (deliveryCount: number, mostMs = MAX_RETRY_MS): number =>
  Math.min(1_000 * 2 ** Math.min(deliveryCount - 1, 16), mostMs);
