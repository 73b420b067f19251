import { setTimeout as delay } from 'node:timers/promises';
import type { AccessEventType } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  connectJetStream,
  followAccessEvents,
  SLACK_CARDS_BUCKET,
  type EventFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { z } from 'zod';
import { orderProblem } from './order-of-events.js';

/** Of a machine that does many other things. */
const WAIT_MS = 120_000;
const SETTLE_POLL_MS = 25;
const CARDS_PREFIX = `$KV.${SLACK_CARDS_BUCKET}.`;
const Card = z.object({ state: z.string() });

/** One event of a request. */
interface Seen {
  readonly type: AccessEventType;
  /** When its service decided: milliseconds since the epoch. */
  readonly atMs: number;
}

/** The events of the bus as a bystander sees them, and where cards were posted. */
export class LifeStream {
  readonly #requests = new Map<string, Seen[]>();
  /** When it was known that the card is there: milliseconds of `performance.now()`. */
  readonly #cards = new Map<string, number>();
  readonly #listeners = new Set<() => void>();
  readonly #follower: EventFollower;

  private constructor(private readonly connection: JetStreamConnection) {
    this.#follower = followAccessEvents(connection, {
      onEvent: ({ aggregateId, event: { type }, at }) => {
        const seen = this.#requests.get(aggregateId) ?? [];
        seen.push({ type, atMs: Date.parse(at) });
        this.#requests.set(aggregateId, seen);
        this.#tell();
      },
    });
    connection.nats.subscribe(`${CARDS_PREFIX}>`, {
      callback: (error, message) => {
        if (error !== null || Card.parse(message.json()).state !== 'posted') return;
        this.#cards.set(message.subject.slice(CARDS_PREFIX.length), performance.now());
        this.#tell();
      },
    });
  }

  static async open(url: string): Promise<LifeStream> {
    return new LifeStream(await connectJetStream({ servers: url, name: 'bench-life' }));
  }

  /** When the approval service knew where the card of a request is, from which on its button counts. */
  card(requestId: string): Promise<number> {
    return this.#until(`card of ${requestId}`, () => this.#cards.get(requestId));
  }

  /** The instant that an event of a request bears: milliseconds since the epoch. */
  instant(requestId: string, type: AccessEventType): Promise<number> {
    return this.#until(
      `${type} of ${requestId}`,
      () => this.#requests.get(requestId)?.find((seen) => seen.type === type)?.atMs,
    );
  }

  /** Resolves when every service has done what it had to do about all events so far, its Slack cards included. */
  async settled(): Promise<void> {
    const deadline = performance.now() + WAIT_MS;
    while (performance.now() < deadline) {
      if (!(await this.#isWorkLeft())) return;
      await delay(SETTLE_POLL_MS);
    }
    throw new Error('the services do not come to an end with the events');
  }

  async #isWorkLeft(): Promise<boolean> {
    for await (const consumer of this.connection.manager.consumers.list(ACCESS_STREAM)) {
      if (consumer.num_pending > 0 || consumer.num_ack_pending > 0) return true;
    }
    return false;
  }

  /** What is wrong with the events of all requests, in sentences; nobody else may have made requests. */
  problems(requestIds: readonly string[]): readonly string[] {
    const strangers = [...this.#requests.keys()].filter((id) => !requestIds.includes(id));
    const wrong = requestIds.flatMap((id) => {
      const types = (this.#requests.get(id) ?? []).map(({ type }) => type);
      return orderProblem(id, types) ?? [];
    });
    return [...wrong, ...strangers.map((id) => `${id} is a request that nobody made`)];
  }

  async close(): Promise<void> {
    await this.#follower.close();
    await this.connection.close();
  }

  #tell(): void {
    for (const listener of this.#listeners) listener();
  }

  async #until<Found>(what: string, look: () => Found | undefined): Promise<Found> {
    const { promise, resolve, reject } = Promise.withResolvers<Found>();
    const listener = () => {
      const found = look();
      if (found !== undefined) resolve(found);
    };
    const timer = setTimeout(() => reject(new Error(`there is no ${what}`)), WAIT_MS);
    this.#listeners.add(listener);
    try {
      listener();
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#listeners.delete(listener);
    }
  }
}
