import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import { writerOf, type AccessEvent, type WebhookDocument } from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  accessEventStore,
  countParked,
  JetStreamStrategy,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { isGivenUp, Webhook } from './webhook.js';

const PARKED_AS = 'approval-webhooks';
const COUNT_EVERY_MS = 10_000;

export interface WebhookSurroundings {
  readonly directory: string | undefined;
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
}

export interface WebhookParts {
  /** Those of the configuration in force. */
  readonly webhooks: () => readonly WebhookDocument[];
  /** Messages that no receiver took for a day: each needs a person. */
  readonly figures: () => { readonly deadLetters?: number };
}

/** Tells every webhook of the configuration, each at a pace of its own, so that a dead receiver delays nobody. */
export async function startWebhooks(
  surroundings: WebhookSurroundings,
  closers: Closers,
): Promise<WebhookParts> {
  const { directory, connection, logger } = surroundings;
  if (directory === undefined) return { webhooks: () => [], figures: () => ({}) };
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
  let deadLetters = await countParked(connection, PARKED_AS);
  const timer = setInterval(() => {
    countParked(connection, PARKED_AS).then(
      (count) => (deadLetters = count),
      () => undefined,
    );
  }, COUNT_EVERY_MS);
  closers.add(() => {
    clearInterval(timer);
  });
  return { webhooks: () => watcher.current.webhooks, figures: () => ({ deadLetters }) };
}

/** One consumer per webhook; another set of webhooks is taken over when the one before has ended. */
class WebhookFeeds {
  #running: readonly JetStreamStrategy[] = [];
  #turn: Promise<void> = Promise.resolve();

  constructor(private readonly surroundings: WebhookSurroundings) {}

  /** Resolves when they are told, or when that failed and was logged. */
  use(documents: readonly WebhookDocument[]): Promise<void> {
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
      durable: `approval-hook-${document.metadata.name}`,
      // What was before a webhook is no news to it.
      from: 'now',
      parkedAs: PARKED_AS,
      isGivenUp,
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
