import type { LoggerService } from '@nestjs/common';
import {
  alarmEventTypes,
  isAlarmType,
  writerOf,
  type AccessEvent,
  type AuditTrailEvent,
  type WebhookDocument,
} from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  accessEventStore,
  AUDIT_STREAM,
  JetStreamStrategy,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock, RecordedEvent } from '@drawbridge/kernel';
import { DURABLE_PREFIX, PARKED_AS } from './dead-letters.js';
import { isGivenUp, Webhook } from './webhook.js';

const MAX_RETRY_MS = 300_000;

/** Streams that webhooks are told of. */
export const TOLD_STREAMS = [ACCESS_STREAM, AUDIT_STREAM] as const;
type ToldStream = (typeof TOLD_STREAMS)[number];

export interface WebhookFeedsOptions {
  readonly connection: JetStreamConnection;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly ackWaitMs: number | undefined;
}

/**
 * One consumer per webhook and stream that it is told of; another set of webhooks is taken over when the one before has
 * ended.
 */
export class WebhookFeeds {
  #running: readonly JetStreamStrategy[] = [];
  #turn: Promise<void> = Promise.resolve();
  #documents: readonly WebhookDocument[] = [];
  #mayGiveUp = (): boolean => true;

  constructor(private readonly options: WebhookFeedsOptions) {}

  /** Those that are told of a stream, or are about to be. */
  names(stream: ToldStream): readonly string[] {
    return this.#documents
      .filter((document) => isToldOf(document, stream))
      .map(({ metadata }) => metadata.name);
  }

  /** @param mayGiveUp - whether one more may be parked; until then a message comes again */
  limitDeadLetters(mayGiveUp: () => boolean): void {
    this.#mayGiveUp = mayGiveUp;
  }

  /** Resolves when they are told, or when that failed and was logged. */
  use(documents: readonly WebhookDocument[]): Promise<void> {
    this.#documents = documents;
    this.#turn = this.#turn
      .then(() => this.#replace(documents))
      .catch((error: unknown) => {
        this.options.logger.error({ msg: 'webhooks not started', err: error });
      });
    return this.#turn;
  }

  close(): Promise<void> {
    return this.use([]);
  }

  async #replace(documents: readonly WebhookDocument[]): Promise<void> {
    await Promise.all(this.#running.map((feed) => feed.close()));
    this.#running = documents.flatMap((document) =>
      TOLD_STREAMS.filter((stream) => isToldOf(document, stream)).map((stream) =>
        this.#feed(document, stream),
      ),
    );
    await Promise.all(this.#running.map(started));
  }

  #feed(document: WebhookDocument, stream: ToldStream): JetStreamStrategy {
    const { connection, clock, logger, ackWaitMs = 30_000 } = this.options;
    const store = accessEventStore(connection, 'approval');
    const webhook = new Webhook({ document, store, clock });
    const feed = new JetStreamStrategy({
      connection,
      stream,
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
    addHandlers(feed, stream, webhook);
    return feed;
  }
}

function addHandlers(feed: JetStreamStrategy, stream: ToldStream, webhook: Webhook): void {
  if (stream === ACCESS_STREAM) {
    const tell = (recorded: RecordedEvent<AccessEvent>) => webhook.tell({ stream, recorded });
    for (const type of Object.keys(writerOf)) feed.addHandler(type, tell, true);
    return;
  }
  const tell = (recorded: RecordedEvent<AuditTrailEvent>) => webhook.tell({ stream, recorded });
  for (const type of alarmEventTypes) feed.addHandler(type, tell, true);
}

/** One that names alarms alone is told of nothing else. */
function isToldOf({ spec: { events } }: WebhookDocument, stream: ToldStream): boolean {
  if (stream === AUDIT_STREAM) return events?.some(isAlarmType) ?? false;
  return events?.some((type) => !isAlarmType(type)) ?? true;
}

const started = (feed: JetStreamStrategy): Promise<void> =>
  new Promise((resolve, reject) => {
    feed.listen((error) => {
      if (error === undefined) resolve();
      else reject(error instanceof Error ? error : new Error('not started'));
    });
  });
