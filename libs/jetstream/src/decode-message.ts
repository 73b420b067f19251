import type { JsMsg } from '@nats-io/jetstream';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { decodeAccessEvent } from './event-envelope.js';

/** What a Nest handler gets, and the pattern that chooses the handler. */
export interface DecodedMessage {
  readonly pattern: string;
  readonly payload: RecordedEvent<AccessEvent>;
}

/** @throws EventStoreError `unreadable_event` */
export function decodeAccessMessage(message: JsMsg): DecodedMessage {
  const { subject, seq: sequence, data } = message;
  const { recorded } = decodeAccessEvent({ subject, sequence, data });
  return { pattern: recorded.event.type, payload: recorded };
}
