import type { JsMsg } from '@nats-io/jetstream';
import { CommandRecord, type AccessEvent } from '@drawbridge/contracts';
import { EventStoreError, type RecordedEvent } from '@drawbridge/kernel';
import { decodeAccessEvent } from './event-envelope.js';

/** A record of the command log as it stands in the stream. */
export interface RecordedCommand {
  /** Position in `COMMANDS`, from 1; never reused, so a consumer can be keyed by it. */
  readonly sequence: number;
  /** When JetStream stored it: UTC, RFC 3339. */
  readonly storedAt: string;
  readonly record: CommandRecord;
}

/** What a Nest handler gets, and the pattern that chooses the handler. */
export interface DecodedMessage {
  readonly pattern: string;
  readonly payload: RecordedEvent<AccessEvent> | RecordedCommand;
}

export type Decode = (message: JsMsg) => DecodedMessage;

/** @throws EventStoreError `unreadable_event` */
export const decodeAccessMessage: Decode = (message) => {
  const { subject, seq: sequence, data } = message;
  const { recorded } = decodeAccessEvent({ subject, sequence, data });
  return { pattern: recorded.event.type, payload: recorded };
};

/** @throws EventStoreError `unreadable_event` */
export const decodeCommandMessage: Decode = (message) => {
  const parsed = CommandRecord.safeParse(jsonOf(message));
  if (!parsed.success) {
    const text = `message ${message.seq} is not a command record`;
    throw new EventStoreError('unreadable_event', text);
  }
  const record = parsed.data;
  const payload = { sequence: message.seq, storedAt: message.timestamp, record };
  return { pattern: record.type, payload };
};

function jsonOf(message: JsMsg): unknown {
  try {
    return message.json<unknown>();
  } catch {
    return undefined;
  }
}
