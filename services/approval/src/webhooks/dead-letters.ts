import type { LoggerService } from '@nestjs/common';
import {
  AccessEvent,
  AuditTrailEvent,
  type DeadLetterView,
  type WebhookDocument,
} from '@drawbridge/contracts';
import {
  ACCESS_STREAM,
  AUDIT_STREAM,
  countOpenParked,
  decodeMessage,
  findParked,
  openParked,
  settleParked,
  type JetStreamConnection,
  type ParkedMessage,
} from '@drawbridge/jetstream';
import { AppError, type Clock, type EventStore } from '@drawbridge/kernel';
import { Webhook, type ToldEvent } from './webhook.js';

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
    const { connection } = this.options;
    const open = await openParked(connection, PARKED_AS, limit);
    return { items: open.map(viewOf), total: await countOpenParked(connection, PARKED_AS) };
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
    const told = toldIn(letter);
    if (told === undefined) {
      const message = 'the message cannot be read, so nobody can be told of it';
      throw new DeadLetterRefused('dead_letter_unreadable', message);
    }
    await new Webhook({ document, store, clock }).tellNow(told);
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
  const told = toldIn(letter);
  return {
    ...{ sequence, webhook: webhookOf(letter), code, parkedAt },
    ...(told && { event: eventOf(told) }),
  };
}

function eventOf({ stream, recorded }: ToldEvent): DeadLetterView['event'] {
  const { id, event, aggregateId, at } = recorded;
  const about = stream === 'AUDIT' ? { alarmId: aggregateId } : { accessRequestId: aggregateId };
  return { id, type: event.type, ...about, at };
}

/** It is read as it was when it was parked. */
function toldIn({ source, bytes }: ParkedMessage): ToldEvent | undefined {
  const { subject, sequence: seq, stream } = source;
  const message = { subject, seq, data: bytes };
  try {
    if (stream === AUDIT_STREAM) {
      const { payload } = decodeMessage(AUDIT_STREAM, message);
      return { stream, recorded: { ...payload, event: AuditTrailEvent.parse(payload.event) } };
    }
    const { payload } = decodeMessage(ACCESS_STREAM, message);
    const recorded = { ...payload, event: AccessEvent.parse(payload.event) };
    return { stream: ACCESS_STREAM, recorded };
  } catch {
    return undefined;
  }
}
