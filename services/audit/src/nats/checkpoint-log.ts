import { createHash } from 'node:crypto';
import { KeyStatement, Seal } from '@drawbridge/contracts';
import { openSeal, type KeyRing, type OpenedSeal } from '@drawbridge/integrity';
import {
  CHECKPOINTS_STREAM,
  NotAcknowledged,
  publishAcknowledged,
  readSubject,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { z } from 'zod';
import { SealingError } from '../integrity/sealing-error.js';
import { parseJson, textOf } from './parse-json.js';

export const CHECKPOINTS_PREFIX = 'drawbridge.checkpoints.';
/** No stream has such a name. */
export const KEYS_SUBJECT = `${CHECKPOINTS_PREFIX}_keys`;

/** A seal and where it stands in `CHECKPOINTS`. */
export interface StoredSeal {
  readonly position: number;
  readonly seal: Seal;
}

/** The stream `CHECKPOINTS`: seals of each stream on a subject of its own, and statements about keys. */
export class CheckpointLog {
  constructor(private readonly connection: JetStreamConnection) {}

  /** Where the whole stream ends. Whoever appends says what end it has seen, so that nobody goes on from an old one. */
  async end(): Promise<number> {
    const { state } = await this.connection.manager.streams.info(CHECKPOINTS_STREAM);
    return state.last_seq;
  }

  /** All statements about keys, the oldest first. */
  async statements(): Promise<readonly string[]> {
    const messages = await readSubject(this.connection, {
      stream: CHECKPOINTS_STREAM,
      subject: KEYS_SUBJECT,
    });
    return messages.map(({ data }) => readContent(KeyStatement, data).note);
  }

  async lastSeal(stream: string): Promise<StoredSeal | undefined> {
    const message = await this.connection.manager.streams.getMessage(CHECKPOINTS_STREAM, {
      last_by_subj: CHECKPOINTS_PREFIX + stream,
    });
    return message === null
      ? undefined
      : { position: message.seq, seal: readContent(Seal, message.data) };
  }

  /** Appends at `end`; resolves with the new end, or `undefined` when somebody else was first. */
  append(stream: string, seal: Seal, end: number): Promise<number | undefined> {
    return this.#append(CHECKPOINTS_PREFIX + stream, seal, end);
  }

  appendStatement(note: string, end: number): Promise<number | undefined> {
    return this.#append(KEYS_SUBJECT, { note }, end);
  }

  async #append(subject: string, content: object, end: number): Promise<number | undefined> {
    const bytes = Buffer.from(JSON.stringify(content));
    const msgID = createHash('sha256').update(`${subject}\n${end}\n`).update(bytes).digest('hex');
    const expect = { streamName: CHECKPOINTS_STREAM, lastSequence: end };
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

/** @throws SealingError, NoteRefused, SealRefused */
export const openStored = ({ seal }: StoredSeal, name: string, ring: KeyRing): OpenedSeal =>
  ring.open((key) => openSeal(seal, { name, key }));

/** @throws SealingError `checkpoint_log_unreadable` */
export function readContent<Schema extends z.ZodType>(
  schema: Schema,
  data: Uint8Array,
): z.infer<Schema> {
  const parsed = schema.safeParse(parseJson(textOf(data)));
  if (parsed.success) return parsed.data;
  throw new SealingError(
    'checkpoint_log_unreadable',
    'a message of CHECKPOINTS is not one of ours',
  );
}
