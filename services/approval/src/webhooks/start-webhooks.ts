import type { LoggerService } from '@nestjs/common';
import { watchConfiguration } from '@drawbridge/configuration';
import type { WebhookDocument } from '@drawbridge/contracts';
import { accessEventStore, countOpenParked, type JetStreamConnection } from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { DeadLetters, PARKED_AS } from './dead-letters.js';
import { UnusedDurables, type UnusedDurablesOptions } from './unused-durables.js';
import { TOLD_STREAMS, WebhookFeeds } from './webhook-feeds.js';

const COUNT_EVERY_MS = 10_000;
const LOOK_EVERY_MS = 60_000;
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
  for (const stream of TOLD_STREAMS) {
    watchUnused({ ...surroundings, stream, names: () => feeds.names(stream) }, closers);
  }
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
