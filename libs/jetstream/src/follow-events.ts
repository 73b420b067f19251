import {
  DeliverPolicy,
  type ConsumerMessages,
  type OrderedConsumerOptions,
} from '@nats-io/jetstream';
import type { AccessEvent, HoldEvent, StopEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { decodeEvent } from './event-envelope.js';
import {
  accessEvents,
  holdEvents,
  stopEvents,
  type ReadableKind,
  type StoredEvent,
} from './event-kind.js';
import type { JetStreamConnection } from './jetstream-connection.js';

const HEARTBEAT_MS = 1_000;
const RETRY_MS = 250;

export interface FollowOptions<Event = AccessEvent> {
  /** Gets every event once, in stream order. Must not throw: a fold never refuses a fact. */
  readonly onEvent: (recorded: RecordedEvent<Event>) => void;
  /**
   * An event that this version cannot read; the follower goes on behind it. A read model that opens something
   * must close it for this aggregate. Without this option the follower is never current again.
   */
  readonly onUnreadable?: (unreadable: UnreadableEvent) => void;
  /** Called whenever `isCurrent` changes. */
  readonly onCurrent?: (current: boolean) => void;
}

export interface UnreadableEvent {
  /** Last token of the subject. */
  readonly aggregateId: string;
  readonly sequence: number;
  readonly error: unknown;
}

/** Feeds an in-memory read model with every event of one kind. */
export interface EventFollower {
  /** Resolves when every event that was stored at the start has been passed on. */
  readonly caughtUp: Promise<void>;
  /** Whether the model holds all events, within about two seconds; false while the server is away. */
  isCurrent(): boolean;
  /** Resolves with whether every event up to `sequence` has been passed on, after waiting up to `timeoutMs` for it. */
  whenReached(sequence: number, timeoutMs: number): Promise<boolean>;
  close(): Promise<void>;
}
export type AccessFollower = EventFollower;

/** Starts following at once, from the first event; survives lost connections and restarts of the server, where it goes on after the last event it saw. */
export const followAccessEvents = (
  connection: JetStreamConnection,
  options: FollowOptions,
): EventFollower => start(new Follower(connection, options, { kind: accessEvents }));

/** As {@link followAccessEvents}, for raised bridges and disabled agents. */
export const followStopEvents = (
  connection: JetStreamConnection,
  options: FollowOptions<StopEvent>,
): EventFollower => start(new Follower(connection, options, { kind: stopEvents }));

export interface FollowHoldsOptions extends FollowOptions<HoldEvent> {
  /**
   * The first events to pass on are of this instant: those of older holds may come without their beginning.
   * A hold lives no longer than its grant, so a day back is all that can still matter.
   */
  readonly since: Date;
}

/** As {@link followAccessEvents}, for the events of holds from an instant on. */
export const followHoldEvents = (
  connection: JetStreamConnection,
  options: FollowHoldsOptions,
): EventFollower =>
  start(new Follower(connection, options, { kind: holdEvents, since: options.since }));

function start<Event extends StoredEvent>(follower: Follower<Event>): EventFollower {
  void follower.run();
  return {
    caughtUp: follower.caughtUp,
    isCurrent: () => follower.current,
    whenReached: (sequence, timeoutMs) => follower.whenReached(sequence, timeoutMs),
    close: () => follower.stop(),
  };
}

interface Source<Event extends StoredEvent> {
  readonly kind: ReadableKind<Event>;
  readonly since?: Date;
}

class Follower<Event extends StoredEvent> {
  readonly caughtUp: Promise<void>;
  #resolveCaughtUp: () => void = () => undefined;
  #lastSequence = 0;
  #current = false;
  #blind = false;
  #closing = false;
  #messages: ConsumerMessages | undefined;
  /** Who waits for an event to be passed on. */
  readonly #waiting = new Set<() => void>();

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly options: FollowOptions<Event>,
    private readonly source: Source<Event>,
  ) {
    this.caughtUp = new Promise((resolve) => {
      this.#resolveCaughtUp = resolve;
    });
  }

  get current(): boolean {
    return this.#current && !this.#blind && this.connection.connected;
  }

  async whenReached(sequence: number, timeoutMs: number): Promise<boolean> {
    if (this.#lastSequence >= sequence) return true;
    await new Promise<void>((resolve) => {
      const look = () => {
        if (this.#lastSequence >= sequence) stop();
      };
      const stop = () => {
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve();
      };
      const timer = setTimeout(stop, timeoutMs);
      this.#waiting.add(look);
    });
    return this.#lastSequence >= sequence;
  }

  async run(): Promise<void> {
    while (!this.#stopped()) {
      try {
        if (await this.connection.whenConnected(HEARTBEAT_MS)) await this.#follow();
      } catch {
        // Whatever it was, the answer is the same: start again behind the last event seen.
      }
      this.#setCurrent(false);
      if (!this.#stopped()) await delay(RETRY_MS);
    }
  }

  /** Passes nothing on any more; does not wait for a bus that says nothing. */
  stop(): Promise<void> {
    this.#closing = true;
    this.#setCurrent(false);
    void this.#messages?.close();
    return Promise.resolve();
  }

  async #follow(): Promise<void> {
    const { stream } = this.source.kind;
    const consumer = await this.connection.jetstream.consumers.get(stream, this.#from());
    const { num_pending } = await consumer.info(true);
    const messages = await consumer.consume({ max_messages: 500, idle_heartbeat: HEARTBEAT_MS });
    this.#messages = messages;
    const restart = () => void messages.close();
    const forget = this.connection.onChange(restart);
    void restartWhenSilent(messages, restart);
    if (this.#closing || !this.connection.connected) restart();
    if (num_pending === 0) this.#reachedEnd();
    try {
      for await (const { subject, seq, data, info } of messages) {
        this.#pass(subject, seq, data);
        for (const look of this.#waiting) look();
        if (info.pending === 0) this.#reachedEnd();
      }
    } finally {
      forget();
    }
  }

  #from(): Partial<OrderedConsumerOptions> {
    const { since } = this.source;
    if (since !== undefined && this.#lastSequence === 0) {
      return { deliver_policy: DeliverPolicy.StartTime, opt_start_time: since.toISOString() };
    }
    const next = this.#lastSequence + 1;
    return { deliver_policy: DeliverPolicy.StartSequence, opt_start_seq: next };
  }

  #pass(subject: string, sequence: number, data: Uint8Array): void {
    if (this.#closing || sequence <= this.#lastSequence) return;
    this.#lastSequence = sequence;
    let recorded: RecordedEvent<Event>;
    try {
      recorded = decodeEvent(this.source.kind, { subject, sequence, data }).recorded;
    } catch (error) {
      this.#unreadable({ aggregateId: subject.split('.').at(-1) ?? '', sequence, error });
      return;
    }
    this.options.onEvent(recorded);
  }

  #unreadable(unreadable: UnreadableEvent): void {
    if (this.options.onUnreadable === undefined) this.#blind = true;
    else this.options.onUnreadable(unreadable);
  }

  #stopped(): boolean {
    return this.#closing;
  }

  #reachedEnd(): void {
    if (this.#closing) return;
    this.#setCurrent(true);
    this.#resolveCaughtUp();
  }

  #setCurrent(current: boolean): void {
    if (this.#current === current) return;
    this.#current = current;
    this.options.onCurrent?.(this.current);
  }
}

async function restartWhenSilent(messages: ConsumerMessages, restart: () => void): Promise<void> {
  for await (const { type } of messages.status()) {
    if (type === 'heartbeats_missed' || type === 'ordered_consumer_recreated') restart();
  }
}

const delay = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));
