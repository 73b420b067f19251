import { randomUUID } from 'node:crypto';
import { headers, type Msg, type MsgHdrs } from '@nats-io/transport-node';
import { RECORD_FORM_HEADER } from '@drawbridge/contracts';
import { z } from 'zod';
import { BATCH_HEADER } from './command-batch.js';
import type { JetStreamConnection } from './jetstream-connection.js';
import { NotAcknowledged, reasonOf } from './publish-acknowledged.js';
import { COMMANDS_STREAM } from './stream-definitions.js';

const ACKNOWLEDGE_MS = 5_000;
/** How long the stream knows the id of a message, with a margin: `duplicate_window` of its definition. */
const REMEMBERED_MS = 100_000;
/** More than the headers of a message take. */
const HEADER_BYTES = 512;
const MESSAGE_ID = 'Nats-Msg-Id';

/**
 * Many records on their way to the stream, each with the text of `recordLine`. Its id and bytes stay as they are,
 * however often it is sent.
 */
export interface BatchMessage {
  readonly id: string;
  readonly bytes: Uint8Array;
}

interface Sent extends BatchMessage {
  readonly headers: MsgHdrs;
  readonly reply: string;
  readonly left: () => void;
  readonly stored: () => void;
  readonly failed: (error: NotAcknowledged) => void;
}

/** When a message was sent first, and behind which position it can only be. */
interface FirstAttempt {
  readonly atMs: number;
  readonly after: number;
}

/** As JetStream answers a message that it was sent. */
const Acknowledgement = z.union([
  z.object({ seq: z.int().positive() }),
  z.object({
    error: z.object({ code: z.int(), err_code: z.int().default(0), description: z.string() }),
  }),
]);

/**
 * Sends batches of records to `COMMANDS` and tells when each is acknowledged. Straight over the connection, with
 * one subscription for all answers, because that is half the work of a request each.
 *
 * Every publisher has a subject of its own, so that what became of a message can be found out for as long as the
 * stream keeps it.
 */
export class BatchPublisher {
  readonly id = randomUUID();
  readonly #subject = `drawbridge.commands._batch.${this.id}`;
  readonly #inbox: string;
  // A few at most. No map: its old tables, and with them every record, would outlive the young generation.
  readonly #waiting: Sent[] = [];
  readonly #first = new WeakMap<BatchMessage, FirstAttempt>();
  readonly #forget: () => void;
  readonly #unsubscribe: () => void;
  #count = 0;
  #lastSequence = 0;

  constructor(
    private readonly connection: JetStreamConnection,
    private readonly rememberedMs = REMEMBERED_MS,
  ) {
    this.#inbox = connection.newInbox();
    const subscription = connection.nats.subscribe(`${this.#inbox}.*`, {
      callback: (_error, answer) => this.#answered(answer),
    });
    this.#unsubscribe = () => subscription.unsubscribe();
    this.#forget = connection.onChange((connected) => this.#changed(connected));
  }

  /**
   * Resolves when the message is stored, once, also when an earlier attempt has stored it unnoticed.
   *
   * @param left - told each time that it is given to the connection
   * @throws NotAcknowledged after five seconds at the latest; then it may have been stored, or yet be
   */
  async publish(message: BatchMessage, left: () => void = () => undefined): Promise<void> {
    this.#requireFits(message);
    if (await this.#isStored(message)) return;
    const { promise, resolve, reject } = Promise.withResolvers<undefined>();
    this.#count += 1;
    const timer = setTimeout(() => {
      reject(new NotAcknowledged('unavailable', 'NATS did not acknowledge in time'));
    }, ACKNOWLEDGE_MS);
    const sent: Sent = {
      ...message,
      headers: headersOf(message.id),
      reply: `${this.#inbox}.${this.#count}`,
      left,
      stored: () => resolve(undefined),
      failed: reject,
    };
    this.#waiting.push(sent);
    try {
      this.#send(sent);
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.splice(this.#waiting.indexOf(sent), 1);
    }
  }

  close(): void {
    this.#forget();
    if (!this.connection.closed) this.#unsubscribe();
  }

  /** The server would end the connection over it. */
  #requireFits({ bytes }: BatchMessage): void {
    const limit = this.connection.nats.info?.max_payload ?? Infinity;
    if (bytes.length + HEADER_BYTES <= limit) return;
    throw new NotAcknowledged('too_large', `the message is larger than the ${limit} bytes of NATS`);
  }

  /** Not while the server is away: it is sent when it comes back, if somebody still waits for it. */
  #send({ bytes, headers: head, reply, left }: Sent): void {
    if (!this.connection.connected) return;
    this.connection.nats.publish(this.#subject, bytes, { headers: head, reply });
    left();
  }

  /** What was under way when the connection broke may be lost, and its answer too. */
  #changed(connected: boolean): void {
    if (!connected) return;
    for (const sent of this.#waiting) this.#send(sent);
  }

  #answered(answer: Msg): void {
    const sent = this.#waiting.find(({ reply }) => reply === answer.subject);
    if (sent === undefined) return;
    const outcome = outcomeOf(answer);
    if (typeof outcome !== 'number') {
      sent.failed(outcome);
      return;
    }
    this.#lastSequence = Math.max(this.#lastSequence, outcome);
    sent.stored();
  }

  /**
   * The stream recognises a message that is sent again for two minutes only; after that it is looked for. Its
   * subject holds what this publisher has sent and nothing else.
   */
  async #isStored(message: BatchMessage): Promise<boolean> {
    const first = this.#first.get(message);
    if (first === undefined) {
      this.#first.set(message, { atMs: performance.now(), after: this.#lastSequence });
      return false;
    }
    if (performance.now() - first.atMs < this.rememberedMs) return false;
    try {
      return await this.#find(message.id, first.after);
    } catch (error) {
      throw new NotAcknowledged('unavailable', 'NATS cannot be asked', { cause: error });
    }
  }

  async #find(id: string, from: number): Promise<boolean> {
    for (let after = from; ;) {
      const next = { seq: after + 1, next_by_subj: this.#subject };
      const stored = await this.connection.manager.streams.getMessage(COMMANDS_STREAM, next);
      if (stored === null) return false;
      if (stored.header.get(MESSAGE_ID) === id) return true;
      after = stored.seq;
    }
  }
}

function headersOf(id: string): MsgHdrs {
  const head = headers();
  head.set(MESSAGE_ID, id);
  head.set('Nats-Expected-Stream', COMMANDS_STREAM);
  head.set(...BATCH_HEADER);
  head.set(...RECORD_FORM_HEADER);
  return head;
}

/** The position in the stream, or why there is none. */
function outcomeOf(answer: Msg): number | NotAcknowledged {
  const parsed = Acknowledgement.safeParse(jsonOf(answer));
  if (!parsed.success) return new NotAcknowledged('unavailable', 'no stream answered');
  if ('seq' in parsed.data) return parsed.data.seq;
  const { code: status, err_code: code, description } = parsed.data.error;
  return new NotAcknowledged(reasonOf({ status, code }), description);
}

/** The server answers without a body when no stream listens to the subject. */
function jsonOf(answer: Msg): unknown {
  try {
    return answer.json<unknown>();
  } catch {
    return undefined;
  }
}
