import { CheckpointTimestamp, KeyStatement, Seal } from '@drawbridge/contracts';
import { NoteRefused, parseCheckpoint, SealRefused, unverifiedText } from '@drawbridge/integrity';
import type { JsMsg } from '@nats-io/jetstream';
import { RecordRefused } from '../domain/record-refused.js';
import { CHECKPOINTS_PREFIX, KEYS_SUBJECT } from '../nats/checkpoint-log.js';
import { parseJson, textOf } from '../nats/parse-json.js';
import { streamOfTimestamp } from '../nats/timestamp-log.js';

/**
 * What a sink is told of a message of `CHECKPOINTS`, as a record: the signed note, and not the hashes that stand beside
 * it in a seal. Whoever keeps it finds out later when the past was changed.
 *
 * @throws RecordRefused `record_unreadable`
 */
export function exportedCheckpoint(
  message: Pick<JsMsg, 'seq' | 'subject' | 'data' | 'time'>,
): Uint8Array {
  const content = parseJson(textOf(message.data));
  const record = recordOf(message, content);
  if (record === undefined) {
    throw new RecordRefused('record_unreadable', `message ${message.seq} is no checkpoint`);
  }
  return Buffer.from(JSON.stringify(record));
}

function recordOf({ subject, time }: Pick<JsMsg, 'subject' | 'time'>, content: unknown) {
  const at = time.toISOString();
  if (subject === KEYS_SUBJECT) {
    const statement = KeyStatement.safeParse(content).data;
    return statement && { type: 'SigningKeyNamed', at, note: statement.note };
  }
  const stamped = streamOfTimestamp(subject);
  if (stamped !== undefined) {
    const timestamp = CheckpointTimestamp.safeParse(content).data;
    if (timestamp === undefined) return undefined;
    const { note, reply } = timestamp;
    return { type: 'CheckpointTimestamped', at, stream: stamped, note, reply };
  }
  const seal = Seal.safeParse(content).data;
  const stream = subject.slice(CHECKPOINTS_PREFIX.length);
  return seal && checkpointRecord(stream, seal.note);
}

function checkpointRecord(stream: string, note: string) {
  try {
    const { at, size, last } = parseCheckpoint(unverifiedText(note));
    return { type: 'CheckpointSigned', at, stream, size, lastSequence: last, note };
  } catch (error) {
    if (error instanceof NoteRefused || error instanceof SealRefused) return undefined;
    throw error;
  }
}
