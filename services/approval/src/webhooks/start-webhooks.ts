import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import { writerOf, type AccessEvent, type WebhookDocument } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  accessEventStore,
  countOpenParked,
  JetStreamStrategy,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { DeadLetters, DURABLE_PREFIX, PARKED_AS } from './dead-letters.js';
import { UnusedDurables, type UnusedDurablesOptions } from './unused-durables.js';
import { isGivenUp, Webhook } from './webhook.js';

const COUNT_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 60_000;
const MAX_RETRY_MS = 300_000;
/** More are not given up: they wait where they are, and nothing fills up. */
const MAX_DEAD_LETTERS = 10_000;

export interface WebhookSurroundings {
  readonly directory: string | undefined;
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
  /** @default 10000 */
  readonly maxDeadLetters?: number;
}

export interface WebhookParts {
  /** Those of the configuration in force. */
  readonly webhooks: () => readonly WebhookDocument[];
  readonly deadLetters: DeadLetters;
  /** Messages that no receiver took for a day: each needs a person. */
  readonly figures: () => { readonly deadLetters?: number };
}

/** Tells every webhook of the configuration, each at a pace of its own, so that a dead receiver delays nobody. */
export async function startWebhooks(
  surroundings: WebhookSurroundings,
  closers: Closers,
): Promise<WebhookParts> {
  const { directory, connection, clock, logger } = surroundings;
  const store = accessEventStore(connection, 'approval');
  const deadLettersOf = (webhooks: () => readonly WebhookDocument[]) =>
    new DeadLetters({ connection, store, webhooks, clock, logger });
  if (directory === undefined) {
    const none = (): readonly WebhookDocument[] => [];
    return { webhooks: none, deadLetters: deadLettersOf(none), figures: () => ({}) };
  }
  const feeds = new WebhookFeeds(surroundings);
  const watcher = await watchConfiguration(directory, {
    only: ['Webhook'],
    onChange: ({ webhooks }) => {
      void feeds.use(webhooks);
    },
    onError: (error) => {
      logger.error({ msg: 'webhooks not reloaded', err: error });
    },
  });
  closers.add(() => feeds.close());
  closers.add(() => watcher.close());
  await feeds.use(watcher.current.webhooks);
  const counted = await countDeadLetters(connection, closers);
  const { maxDeadLetters = MAX_DEAD_LETTERS } = surroundings;
  feeds.limitDeadLetters(() => counted() < maxDeadLetters);
  watchUnused({ ...surroundings, names: () => feeds.names }, closers);
  const webhooks = () => watcher.current.webhooks;
  const deadLetters = deadLettersOf(webhooks);
  return { webhooks, deadLetters, figures: () => ({ deadLetters: counted() }) };
}

/** @returns what gives how many there were a moment ago */
async function countDeadLetters(
  connection: JetStreamConnection,
  closers: Closers,
): Promise<() => number> {
  let deadLetters = await countOpenParked(connection, PARKED_AS);
  const timer = setInterval(() => {
    countOpenParked(connection, PARKED_AS).then(
      (count) => (deadLetters = count),
      () => undefined,
    );
  }, COUNT_EVERY_MS);
  closers.add(() => {
    clearInterval(timer);
  });
  return () => deadLetters;
}

function watchUnused(options: UnusedDurablesOptions, closers: Closers): void {
  const unused = new UnusedDurables(options);
  let looking = Promise.resolve();
  const timer = setInterval(() => {
    looking = looking
      .then(() => unused.look())
      .catch((error: unknown) => {
        options.logger.warn({ msg: 'consumers of webhooks not looked at', err: error });
      });
  }, LOOK_EVERY_MS);
  closers.add(async () => {
    clearInterval(timer);
    await looking;
  });
}

/** One consumer per webhook; another set of webhooks is taken over when the one before has ended. */
class WebhookFeeds {
  #running: readonly JetStreamStrategy[] = [];
  #turn: Promise<void> = Promise.resolve();
  #names: readonly string[] = [];
  #mayGiveUp = (): boolean => true;

  constructor(private readonly surroundings: WebhookSurroundings) {}

  /** Those that are told, or are about to be. */
  get names(): readonly string[] {
    return this.#names;
  }

  /** @param mayGiveUp - whether one more may be parked; until then a message comes again */
  limitDeadLetters(mayGiveUp: () => boolean): void {
    this.#mayGiveUp = mayGiveUp;
  }

  /** Resolves when they are told, or when that failed and was logged. */
  use(documents: readonly WebhookDocument[]): Promise<void> {
    this.#names = documents.map(({ metadata }) => metadata.name);
    this.#turn = this.#turn
      .then(() => this.#replace(documents))
      .catch((error: unknown) => {
        this.surroundings.logger.error({ msg: 'webhooks not started', err: error });
      });
    return this.#turn;
  }

  close(): Promise<void> {
    return this.use([]);
  }

  async #replace(documents: readonly WebhookDocument[]): Promise<void> {
    await Promise.all(this.#running.map((feed) => feed.close()));
    this.#running = documents.map((document) => this.#feed(document));
    await Promise.all(this.#running.map(started));
  }

  #feed(document: WebhookDocument): JetStreamStrategy {
    const { connection, clock, logger, ackWaitMs = 30_000 } = this.surroundings;
    const store = accessEventStore(connection, 'approval');
    const webhook = new Webhook({ document, store, clock });
    const feed = new JetStreamStrategy({
      connection,
      stream: ACCESS_STREAM,
      durable: `${DURABLE_PREFIX}${document.metadata.name}`,
      // What was before a webhook is no news to it.
      from: 'now',
      parkedAs: PARKED_AS,
      isGivenUp: (error) => isGivenUp(error) && this.#mayGiveUp(),
      maxRetryMs: MAX_RETRY_MS,
      concurrency: 4,
      ackWaitMs,
      drainMs: 6_000,
      logger,
    });
    const tell = (event: RecordedEvent<AccessEvent>) => webhook.tell(event);
    for (const type of Object.keys(writerOf)) feed.addHandler(type, tell, true);
    return feed;
  }
}

const started = (feed: JetStreamStrategy): Promise<void> =>
  new Promise((resolve, reject) => {
    feed.listen((error) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('not started'));
    });
  });
