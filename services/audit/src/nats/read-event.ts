import {
  ACCESS_SUBJECT_PREFIX,
  AUDIT_SUBJECT_PREFIX,
  EventEnvelope,
  HOLDS_SUBJECT_PREFIX,
  sha256Hex,
  STOPS_SUBJECT_PREFIX,
  USES_SUBJECT_PREFIX,
} from '@drawbridge/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import { RecordRefused } from '../domain/record-refused.js';
import { parseJson, textOf } from './parse-json.js';
import type { StoredEvent } from '../domain/event-row.js';

/**
 * Reads the envelope of an event, and leaves its data as it is: audit also keeps what only a newer version
 * of Drawbridge understands.
 *
 * @throws RecordRefused `record_unreadable`
 */
export const readEvent = (message: EventMessage): StoredEvent =>
  readFrom(ACCESS_SUBJECT_PREFIX, message);

/**
 * The same of an event of a held call.
 *
 * @throws RecordRefused `record_unreadable`
 */
export const readHoldEvent = (message: EventMessage): StoredEvent =>
  readFrom(HOLDS_SUBJECT_PREFIX, message);

/**
 * The same of an event of a stop.
 *
 * @throws RecordRefused `record_unreadable`
 */
export const readStopEvent = (message: EventMessage): StoredEvent =>
  readFrom(STOPS_SUBJECT_PREFIX, message);

/**
 * The same of a counted call.
 *
 * @throws RecordRefused `record_unreadable`
 */
export const readUseEvent = (message: EventMessage): StoredEvent =>
  readFrom(USES_SUBJECT_PREFIX, message);

/**
 * The same of an event of the stream AUDIT.
 *
 * @throws RecordRefused `record_unreadable`
 */
export const readAuditEvent = (message: EventMessage): StoredEvent =>
  readFrom(AUDIT_SUBJECT_PREFIX, message);

type EventMessage = Pick<JsMsg, 'seq' | 'subject' | 'data'>;

function readFrom(prefix: string, { seq, subject, data }: EventMessage): StoredEvent {
  const envelope = EventEnvelope.safeParse(parseJson(textOf(data)));
  if (!envelope.success) throw new RecordRefused('record_unreadable', `message ${seq} is no event`);
  if (subject !== prefix + envelope.data.aggregateId) {
    throw new RecordRefused('record_unreadable', `message ${seq} belongs to another subject`);
  }
  return { ...envelope.data, data: envelope.data.data, sequence: seq, hash: sha256Hex(data) };
}
