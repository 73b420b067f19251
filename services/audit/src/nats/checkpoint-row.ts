import { Seal } from '@drawbridge/contracts';
import { NoteRefused, parseCheckpoint, SealRefused, unverifiedText } from '@drawbridge/integrity';
import type { JsMsg } from '@nats-io/jetstream';
import type { CheckpointColumns } from '../domain/checkpoint-columns.js';
import { RecordRefused } from '../domain/record-refused.js';
import { CHECKPOINTS_PREFIX, KEYS_SUBJECT } from './checkpoint-log.js';
import { parseJson, textOf } from './parse-json.js';
import type { Reading } from './reading.js';
import { wholeMessage } from './source.js';

/**
 * Signed checkpoints as rows of the table `checkpoints`, for dashboards: whoever wants proof checks the notes, which
 * nobody does here. Statements about keys are no rows.
 */
export const checkpointsIntoTable: Reading = {
  sourcesOf: (message) => (message.subject === KEYS_SUBJECT ? [] : wholeMessage(message)),
  rowOf: ({ message }) => ({ table: 'checkpoints', columns: columnsOf(message) }),
};

function columnsOf(message: Pick<JsMsg, 'seq' | 'subject' | 'data'>): CheckpointColumns {
  const seal = Seal.safeParse(parseJson(textOf(message.data)));
  if (!seal.success) throw unreadable(message);
  const { note } = seal.data;
  try {
    const checkpoint = parseCheckpoint(unverifiedText(note));
    return {
      stream: message.subject.slice(CHECKPOINTS_PREFIX.length),
      sequence: message.seq,
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

const unreadable = ({ seq }: Pick<JsMsg, 'seq'>): RecordRefused =>
  new RecordRefused('record_unreadable', `message ${seq} is no checkpoint`);
