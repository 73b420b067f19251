import type { LoggerService } from '@nestjs/common';
import { AccessEvent, type DeadLetterView, type WebhookDocument } from '@drawbridge/contracts';
import {
  decodeMessage,
  findParked,
  openParked,
  settleParked,
  type JetStreamConnection,
  type ParkedMessage,
} from '@drawbridge/jetstream';
import { AppError, type Clock, type EventStore, type RecordedEvent } from '@drawbridge/kernel';
import { Webhook } from './webhook.js';

/** Under which name all webhooks park what was not taken. */
export const PARKED_AS = 'approval-webhooks';
/** Behind it stands the name of the webhook. */
export const DURABLE_PREFIX = 'approval-hook-';

/** Why a dead letter is not sent again. Closed list; each stands in `docs/errors.md`. */
export type DeadLetterRefusal =
  'admins_only' | 'dead_letter_unknown' | 'dead_letter_unreadable' | 'webhook_unknown';

export class DeadLetterRefused extends AppError<DeadLetterRefusal> {}

export interface DeadLettersOptions {
  readonly connection: JetStreamConnection;
  readonly store: Pick<EventStore<AccessEvent>, 'load'>;
  /** The webhooks of the configuration in force. */
  readonly webhooks: () => readonly WebhookDocument[];
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/** Messages that no receiver took for a day. */
export class DeadLetters {
  constructor(private readonly options: DeadLettersOptions) {}

  /** The oldest ones, and how many there are. */
  async list(limit: number): Promise<{ items: DeadLetterView[]; total: number }> {
    const open = await openParked(this.options.connection, PARKED_AS);
    return { items: open.slice(0, limit).map(viewOf), total: open.length };
  }

  /**
   * Sends one again, once, and notes that it was taken. Whoever is killed between leaves it where it is, to be sent again
   * under the same id.
   *
   * @throws DeadLetterRefused, WebhookFailed, EventStoreError
   */
  async retry(sequence: number, by: string): Promise<DeadLetterView> {
    const { connection, store, clock, logger } = this.options;
    const letter = await findParked(connection, PARKED_AS, sequence);
    if (letter === undefined) {
      throw new DeadLetterRefused('dead_letter_unknown', 'there is no dead letter of this number');
    }
    const document = this.#webhookOf(letter);
    const recorded = recordedIn(letter);
    if (recorded === undefined) {
      const message = 'the message cannot be read, so nobody can be told of it';
      throw new DeadLetterRefused('dead_letter_unreadable', message);
    }
    await new Webhook({ document, store, clock }).tellNow(recorded);
    await settleParked(connection, PARKED_AS, sequence);
    logger.log({ msg: 'dead letter sent', sequence, webhook: document.metadata.name, by });
    return viewOf(letter);
  }

  #webhookOf(letter: ParkedMessage): WebhookDocument {
    const name = webhookOf(letter);
    const document = this.options.webhooks().find(({ metadata }) => metadata.name === name);
    if (document !== undefined) return document;
    throw new DeadLetterRefused('webhook_unknown', `there is no webhook "${name}" any more`);
  }
}

const webhookOf = ({ consumer }: ParkedMessage): string => consumer.replace(DURABLE_PREFIX, '');

function viewOf(letter: ParkedMessage): DeadLetterView {
  const { sequence, code, parkedAt } = letter;
  const recorded = recordedIn(letter);
  return {
    ...{ sequence, webhook: webhookOf(letter), code, parkedAt },
    ...(recorded === undefined ? {} : { event: eventOf(recorded) }),
  };
}

const eventOf = ({ id, event, aggregateId, at }: RecordedEvent<AccessEvent>) => ({
  ...{ id, type: event.type, accessRequestId: aggregateId, at },
});

/** It is read as it was when it was parked. */
function recordedIn({ source, bytes }: ParkedMessage): RecordedEvent<AccessEvent> | undefined {
  const { subject, sequence } = source;
  try {
    const { payload } = decodeMessage('ACCESS', { subject, seq: sequence, data: bytes });
    return { ...payload, event: AccessEvent.parse(payload.event) };
  } catch {
    return undefined;
  }
}
