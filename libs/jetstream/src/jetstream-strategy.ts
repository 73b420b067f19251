import type { LoggerService } from '@nestjs/common';
import { Server, type CustomTransportStrategy, type MessageHandler } from '@nestjs/microservices';
import type { JsMsg } from '@nats-io/jetstream';
import { codeOf } from '@drawbridge/kernel';
import { isObservable, lastValueFrom } from 'rxjs';
import { decodeMessage, type DecodedMessage, type EventStream } from './decode-message.js';
import { DurableFeed, type FeedFailure } from './durable-feed.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { countParked, parkMessage } from './park-message.js';

const COUNT_EVERY_MS = 10_000;

export interface JetStreamStrategyOptions {
  /** Shared with the rest of the service, which closes it after the Nest application. */
  readonly connection: JetStreamConnection;
  readonly stream: EventStream;
  /** The service's name; its replicas share the work. */
  readonly durable: string;
  /** Messages handled at the same time by this process. @default 64 */
  readonly concurrency?: number;
  /**
   * Handle events of one aggregate one after another in this process. A retried one still arrives after
   * later ones. @default true
   */
  readonly oneBySubject?: boolean;
  /** Silence after which the server delivers a message again; running handlers send signs of life. @default 10000 */
  readonly ackWaitMs?: number;
  /** Longest time until an event that was not handled comes again. @default 60000 */
  readonly maxRetryMs?: number;
  /** Deliveries after which a message that cannot be handled is parked. @default Infinity */
  readonly parkAfter?: number;
  /** Whether a handler that failed with this will never succeed: then the message is parked. @default never */
  readonly isGivenUp?: (error: unknown) => boolean;
  /** Under which name messages are parked. @default `durable` */
  readonly parkedAs?: string;
  /** Where a durable begins that is made now. @default first */
  readonly from?: 'first' | 'now';
  /** How long `close` lets running handlers finish. @default 10000 */
  readonly drainMs?: number;
  readonly logger?: LoggerService;
}

export interface StrategyHealth {
  readonly connected: boolean;
  /** Messages not delivered yet. */
  readonly pending: number;
  readonly inFlight: number;
  /** Messages of this durable on `PARKED`: each needs a person. */
  readonly parked: number;
  /** Code of the last failure, until a message is handled well. */
  readonly lastError?: string;
}

/**
 * Nest transport over a durable JetStream consumer. `@EventPattern('<event type>')` handlers get the recorded
 * event; when all of them have resolved it is acknowledged, when one throws it comes again with back-off
 * (1 s doubling to 60 s, or what `maxRetryMs` says). An event without handler is acknowledged. One that cannot be read is parked.
 */
export class JetStreamStrategy extends Server implements CustomTransportStrategy {
  readonly #options: JetStreamStrategyOptions;
  readonly #feed: DurableFeed;
  readonly #handlers = new Map<string, MessageHandler | null>();
  #parked = 0;
  #countedAt = 0;
  #lastError: string | undefined;

  constructor(options: JetStreamStrategyOptions) {
    super();
    this.#options = options;
    this.#feed = new DurableFeed(options.connection, {
      stream: options.stream,
      durable: options.durable,
      from: options.from ?? 'first',
      concurrency: options.concurrency ?? 64,
      ackWaitMs: options.ackWaitMs ?? 10_000,
      oneBySubject: options.oneBySubject ?? true,
      ...(options.maxRetryMs === undefined ? {} : { maxRetryMs: options.maxRetryMs }),
      handle: (message) => this.#handle(message),
      onFailure: (failure) => this.#failed(failure),
    });
  }

  listen(callback: (error?: unknown) => void): void {
    this.#start().then(() => callback(), callback);
  }

  async close(): Promise<void> {
    const drained = await this.#feed.close(this.#options.drainMs ?? 10_000);
    if (drained) return;
    this.#log.warn({ msg: 'closed with handlers still running', inFlight: this.#feed.inFlight });
  }

  health(): StrategyHealth {
    this.#recountParked();
    return {
      connected: this.#feed.healthy,
      pending: this.#feed.pending,
      inFlight: this.#feed.inFlight,
      parked: this.#parked,
      ...(this.#lastError === undefined ? {} : { lastError: this.#lastError }),
    };
  }

  /** There are no transport events to listen to: ask {@link health}. */
  on(): never {
    throw new TypeError('JetStreamStrategy has no events');
  }

  // The signature is Nest's.
  // eslint-disable-next-line @typescript-eslint/no-unnecessary-type-parameters
  unwrap<T>(): T {
    throw new TypeError('JetStreamStrategy has no inner server');
  }

  get #parkedAs(): string {
    return this.#options.parkedAs ?? this.#options.durable;
  }

  get #log(): LoggerService {
    return this.#options.logger ?? this.logger;
  }

  async #start(): Promise<void> {
    this.#parked = await countParked(this.#options.connection, this.#parkedAs);
    this.#countedAt = Date.now();
    await this.#feed.start();
  }

  /** Other replicas park too, and people take messages away. */
  #recountParked(): void {
    const now = Date.now();
    if (now - this.#countedAt < COUNT_EVERY_MS) return;
    this.#countedAt = now;
    countParked(this.#options.connection, this.#parkedAs).then(
      (parked) => (this.#parked = parked),
      () => undefined,
    );
  }

  async #handle(message: JsMsg): Promise<'ack' | 'term'> {
    let decoded: DecodedMessage;
    try {
      decoded = decodeMessage(this.#options.stream, message);
    } catch (error) {
      return this.#park(message, error);
    }
    try {
      await this.#dispatch(decoded);
    } catch (error) {
      const { parkAfter = Infinity, isGivenUp } = this.#options;
      if (message.info.deliveryCount < parkAfter && isGivenUp?.(error) !== true) throw error;
      return this.#park(message, error);
    }
    this.#lastError = undefined;
    return 'ack';
  }

  async #dispatch({ pattern, payload }: DecodedMessage): Promise<void> {
    const handler = this.#handlerOf(pattern);
    if (handler === null) return;
    const result: unknown = await handler(payload);
    // Nest turns a handler's exception into an observable that fails when it is subscribed.
    if (isObservable(result)) await lastValueFrom(result, { defaultValue: undefined });
  }

  /** Nest works a pattern out anew for every message; ours are a few names. */
  #handlerOf(pattern: string): MessageHandler | null {
    const known = this.#handlers.get(pattern);
    if (known !== undefined) return known;
    const handler = this.getHandlerByPattern(pattern);
    this.#handlers.set(pattern, handler);
    return handler;
  }

  async #park(message: JsMsg, error: unknown): Promise<'term'> {
    const code = failureCode(error);
    await parkMessage(this.#options.connection, message, { durable: this.#parkedAs, code });
    this.#parked += 1;
    this.#lastError = code;
    const { stream } = message.info;
    this.#log.error({ msg: 'message parked', stream, sequence: message.seq, code });
    return 'term';
  }

  #failed({ message, retryMs, error }: FeedFailure): void {
    this.#lastError = failureCode(error);
    const msg = message === undefined ? 'pull failed' : 'event not handled';
    const { stream, durable } = this.#options;
    const at = message === undefined ? {} : { sequence: message.seq };
    this.#log.error({ msg, stream, durable, ...at, retryMs, code: failureCode(error), err: error });
  }
}

/** A handler that throws anything but an expected failure has a fault; its text is for the log only. */
const failureCode = (error: unknown): string => codeOf(error) ?? 'handler_failed';
