import { EventEnvelope, sha256Hex, ACCESS_SUBJECT_PREFIX } from '@drawbridge/jetstream';
import type { JsMsg } from '@nats-io/jetstream';
import { RecordRefused } from '../domain/record-refused.js';
import { parseJson } from './parse-json.js';
import type { StoredEvent } from '../domain/event-row.js';

/**
 * Reads the envelope of an event, and leaves its data as it is: audit also keeps what only a newer version
 * of Drawbridge understands.
 *
 * @throws RecordRefused `record_unreadable`
 */
export function readEvent({
  seq,
  subject,
  data,
}: Pick<JsMsg, 'seq' | 'subject' | 'data'>): StoredEvent {
  const envelope = EventEnvelope.safeParse(parseJson(data));
  if (!envelope.success) throw new RecordRefused('record_unreadable', `message ${seq} is no event`);
  if (subject !== ACCESS_SUBJECT_PREFIX + envelope.data.aggregateId) {
    throw new RecordRefused('record_unreadable', `message ${seq} belongs to another subject`);
  }
  return { ...envelope.data, data: envelope.data.data, sequence: seq, hash: sha256Hex(data) };
}
