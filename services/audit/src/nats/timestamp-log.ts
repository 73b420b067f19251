import { createHash } from 'node:crypto';
import { CheckpointTimestamp } from '@drawbridge/contracts';
import {
  CHECKPOINTS_STREAM,
  NotAcknowledged,
  publishAcknowledged,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import { CHECKPOINTS_PREFIX, readContent } from './checkpoint-log.js';

const PREFIX = `${CHECKPOINTS_PREFIX}_timestamps-`;

export const timestampSubject = (stream: string): string => PREFIX + stream;

/** The stream whose checkpoint is timestamped on this subject; `undefined` for another subject. */
export const streamOfTimestamp = (subject: string): string | undefined =>
  subject.startsWith(PREFIX) ? subject.slice(PREFIX.length) : undefined;

export interface StoredTimestamp {
  readonly sequence: number;
  /** Milliseconds since 1970. */
  readonly storedAt: number;
  /** Of the seal whose checkpoint was stamped. */
  readonly position: number;
}

/** What time stampers said of checkpoints, on subjects of `CHECKPOINTS` of their own. */
export class TimestampLog {
  constructor(private readonly connection: JetStreamConnection) {}

  /** @throws SealingError `checkpoint_log_unreadable` */
  async last(stream: string): Promise<StoredTimestamp | undefined> {
    const message = await this.connection.manager.streams.getMessage(CHECKPOINTS_STREAM, {
      last_by_subj: timestampSubject(stream),
    });
    if (message === null) return undefined;
    const { position } = readContent(CheckpointTimestamp, message.data);
    return { sequence: message.seq, storedAt: message.time.getTime(), position };
  }

  /**
   * Appends behind the one at `last`; resolves with its sequence, or `undefined` when somebody else was first.
   *
   * @throws NotAcknowledged
   */
  async append(
    stream: string,
    timestamp: CheckpointTimestamp,
    last: number,
  ): Promise<number | undefined> {
    const subject = timestampSubject(stream);
    const bytes = Buffer.from(JSON.stringify(timestamp));
    const msgID = createHash('sha256').update(`${subject}\n${last}\n`).update(bytes).digest('hex');
    const expect = { streamName: CHECKPOINTS_STREAM, lastSubjectSequence: last };
    try {
      const options = { msgID, expect };
      const { seq } = await publishAcknowledged(this.connection, { subject, bytes, options });
      return seq;
    } catch (error) {
      if (error instanceof NotAcknowledged && error.reason === 'conflict') return undefined;
      throw error;
    }
  }
}
