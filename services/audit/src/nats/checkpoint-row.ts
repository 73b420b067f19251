import { CheckpointTimestamp, Seal } from '@drawbridge/contracts';
import { NoteRefused, parseCheckpoint, SealRefused, unverifiedText } from '@drawbridge/integrity';
import type { JsMsg } from '@nats-io/jetstream';
import type { CheckpointColumns } from '../domain/checkpoint-columns.js';
import { RecordRefused } from '../domain/record-refused.js';
import { CHECKPOINTS_PREFIX, KEYS_SUBJECT } from './checkpoint-log.js';
import { parseJson, textOf } from './parse-json.js';
import type { Reading } from './reading.js';
import { wholeMessage } from './source.js';
import { streamOfTimestamp } from './timestamp-log.js';

/**
 * Signed checkpoints as rows of the table `checkpoints`, for dashboards: whoever wants proof checks the notes, which
 * nobody does here. A timestamp becomes a part of the row of its checkpoint. Statements about keys are no rows.
 */
export const checkpointsIntoTable: Reading = {
  sourcesOf: (message) => (message.subject === KEYS_SUBJECT ? [] : wholeMessage(message)),
  rowOf: ({ message }) => ({ table: 'checkpoints', columns: columnsOf(message) }),
};

type Message = Pick<JsMsg, 'seq' | 'subject' | 'data'>;

function columnsOf(message: Message): CheckpointColumns {
  const stream = streamOfTimestamp(message.subject);
  const content = parseJson(textOf(message.data));
  if (stream !== undefined) {
    const timestamp = CheckpointTimestamp.safeParse(content);
    if (!timestamp.success) throw unreadable(message);
    const { note, position, reply: receipt } = timestamp.data;
    return { stream, sequence: position, ...columnsOfNote(message, note), receipt };
  }
  const seal = Seal.safeParse(content);
  if (!seal.success) throw unreadable(message);
  const { seq: sequence, subject } = message;
  const ofSeal = columnsOfNote(message, seal.data.note);
  return { stream: subject.slice(CHECKPOINTS_PREFIX.length), sequence, ...ofSeal };
}

function columnsOfNote(
  message: Message,
  note: string,
): Omit<CheckpointColumns, 'stream' | 'sequence' | 'receipt'> {
  try {
    const checkpoint = parseCheckpoint(unverifiedText(note));
    return {
      at: checkpoint.at,
      tree_size: checkpoint.size,
      first_sequence: checkpoint.first,
      last_sequence: checkpoint.last,
      root: Buffer.from(checkpoint.root).toString('base64'),
      link: Buffer.from(checkpoint.link).toString('hex'),
      note,
    };
  } catch (error) {
    if (error instanceof SealRefused || error instanceof NoteRefused) throw unreadable(message);
    throw error;
  }
}

const unreadable = ({ seq }: Message): RecordRefused =>
  new RecordRefused('record_unreadable', `message ${seq} is no checkpoint`);
