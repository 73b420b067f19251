import type { JsMsg } from '@nats-io/jetstream';
import type { RecordedEvent } from '@drawbridge/kernel';
import { decodeEvent } from './event-envelope.js';
import {
  accessEvents,
  auditTrailEvents,
  holdEvents,
  useEvents,
  type ReadableKind,
  type StoredEvent,
} from './event-kind.js';
import type {
  ACCESS_STREAM,
  AUDIT_STREAM,
  HOLDS_STREAM,
  USES_STREAM,
} from './stream-definitions.js';

/** The streams of aggregates. */
export type EventStream =
  typeof ACCESS_STREAM | typeof AUDIT_STREAM | typeof HOLDS_STREAM | typeof USES_STREAM;

const kinds: Readonly<Record<EventStream, ReadableKind<StoredEvent>>> = {
  ACCESS: accessEvents,
  AUDIT: auditTrailEvents,
  HOLDS: holdEvents,
  USES: useEvents,
};

/** What a Nest handler gets, and the pattern that chooses the handler. */
export interface DecodedMessage {
  readonly pattern: string;
  readonly payload: RecordedEvent<StoredEvent>;
}

/** @throws EventStoreError `unreadable_event` */
export function decodeMessage(
  stream: EventStream,
  message: Pick<JsMsg, 'subject' | 'seq' | 'data'>,
): DecodedMessage {
  const { subject, seq: sequence, data } = message;
  const { recorded } = decodeEvent(kinds[stream], { subject, sequence, data });
  return { pattern: recorded.event.type, payload: recorded };
}
