import type { Seal } from '@drawbridge/contracts';
import {
  emptyLog,
  lineDigest,
  linkOf,
  SealBuilder,
  sha256,
  type KeyRing,
  type LogEnd,
  type OpenedSeal,
} from '@drawbridge/integrity';
import { readRange, type JetStreamConnection, type StoredMessage } from '@drawbridge/jetstream';
import { AppError, codeOf, type Clock } from '@drawbridge/kernel';
import { openStored, type CheckpointLog, type StoredSeal } from '../nats/checkpoint-log.js';
import { SealingError } from './sealing-error.js';
import type { SigningKeys } from './signing-keys.js';

const MESSAGES_PER_READ = 500;
const BYTES_PER_READ = 4_194_304;
/** Seals of one stream before the next stream has its turn. */
const SEALS_PER_TURN = 4;
/** Another replica steps in for the one that sealed last after so many of its intervals. */
const PATIENCE = 2.5;
/** When the stream was looked at so lately, what is new is as young. */
const LOOKED_LATELY_MS = 30_000;

export interface StreamLogOptions {
  readonly connection: JetStreamConnection;
  readonly log: CheckpointLog;
  readonly name: string;
  readonly keys: Pick<SigningKeys, 'current'>;
  readonly clock: Clock;
  readonly everyMs: number;
  readonly onSeal?: (stream: string, seal: Seal) => void;
}

export interface Sealed {
  /** Where `CHECKPOINTS` ends now. */
  readonly end: number;
  readonly more: boolean;
}

/** The log of one stream: where it ends, and how it goes on. */
export class StreamLog {
  readonly #origin: string;
  #end: LogEnd;
  /** Where its last seal stands in `CHECKPOINTS`, 0 when there is none, and whether this process made it. */
  #position = 0;
  #own = false;
  #sealedAt: number | undefined;
  #unsealedSince: number | undefined;
  /** When it was seen that all is sealed. */
  #seenAt: number | undefined;
  #broken: Error | undefined;
  /** Its last seal could not be opened: nobody knows how far it goes. */
  #unread = false;
  /** The last seal that was taken over, until it was seen that the stream still has what it speaks of. */
  #unchecked: OpenedSeal | undefined;

  constructor(
    readonly stream: string,
    private readonly options: StreamLogOptions,
  ) {
    this.#origin = `${options.name}/${stream}`;
    this.#end = emptyLog(this.#origin);
  }

  /** When it was sealed last, by the clock of whoever did. */
  get sealedAt(): number | undefined {
    return this.#sealedAt;
  }

  /** When it was sealed last, or seen to be; 0 when that is not known. */
  get wellAt(): number {
    return Math.max(this.#sealedAt ?? 0, this.#seenAt ?? 0);
  }

  /** How many messages were sealed; `Infinity` when the last seal cannot be opened. */
  get size(): number {
    return this.#unread ? Infinity : this.#end.frontier.size;
  }

  /** Code of why it cannot be sealed. */
  get failure(): string | undefined {
    return codeOf(this.#broken);
  }

  /** Since when there is something that is not sealed. */
  get unsealedSince(): number | undefined {
    return this.#unsealedSince;
  }

  /**
   * Takes over what was sealed, by whomever. What is wrong with it is thrown by {@link seal}; the stream itself is not
   * asked here, so that one that does not answer keeps nobody from the others.
   */
  async read(ring: () => KeyRing): Promise<void> {
    this.#broken = undefined;
    this.#unread = false;
    try {
      const stored = await this.options.log.lastSeal(this.stream);
      if (stored !== undefined && stored.position !== this.#position) {
        this.#takeOver(stored, ring());
      }
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#broken = error;
      this.#unread = true;
    }
  }

  #takeOver(stored: StoredSeal, ring: KeyRing): void {
    const opened = openStored(stored, this.#origin, ring);
    this.#unchecked = opened;
    this.#end = opened.end;
    this.#position = stored.position;
    this.#own = false;
    this.#sealedAt = Date.parse(opened.checkpoint.at);
    this.#unsealedSince = undefined;
  }

  /**
   * Seals what is new, if it is our turn. `overtaken`: another replica did, and must be read first.
   *
   * @throws SealingError, NoteRefused, SealRefused
   */
  async seal(end: number): Promise<Sealed | 'overtaken'> {
    const last = await this.look();
    if (this.#broken !== undefined) throw this.#broken;
    const { lastSequence } = this.#end;
    if (last < lastSequence) throw this.#rewound(`ends at ${last}`);
    if (last === lastSequence || !this.#isOurTurn()) return { end, more: false };
    return this.#sealUpTo(last, end);
  }

  /** Finds out whether something waits, and for how long. Resolves with where the stream ends. */
  async look(): Promise<number> {
    try {
      const last = await this.#lastSequence();
      await this.#check();
      await this.#noteWaiting(last);
      return last;
    } catch (error) {
      // Something may wait, for all that anybody knows.
      this.#unsealedSince ??= this.#now();
      throw error;
    }
  }

  async #noteWaiting(last: number): Promise<void> {
    const isWaiting = last !== this.#end.lastSequence || this.#broken !== undefined;
    if (!isWaiting) {
      this.#unsealedSince = undefined;
      this.#seenAt = this.#now();
    } else this.#unsealedSince ??= await this.#waitingSince();
  }

  /** What was not there the last time has come since; of what was before we looked, only its message knows. */
  async #waitingSince(): Promise<number> {
    const now = this.#now();
    // What was there before there was a key is new to sealing, and not late.
    const isKnown = this.#seenAt !== undefined && now - this.#seenAt < LOOKED_LATELY_MS;
    if (isKnown || this.#position === 0) return now;
    const { connection } = this.options;
    const from = this.#end.lastSequence + 1;
    const [message] = await readRange(connection, { stream: this.stream, from, maxMessages: 1 });
    return Math.min(now, message?.storedAt ?? now);
  }

  async #sealUpTo(last: number, from: number): Promise<Sealed | 'overtaken'> {
    let end = from;
    for (let turn = 0; turn < SEALS_PER_TURN && this.#end.lastSequence < last; turn += 1) {
      const builder = await this.#build(last);
      // Only a replica that is behind answered: the next round asks again.
      if (builder.count === 0) return { end, more: false };
      const at = this.options.clock().toISOString();
      const seal = builder.seal(this.options.keys.current, at);
      const appended = await this.options.log.append(this.stream, seal, end);
      if (appended === undefined) return 'overtaken';
      end = appended;
      this.#end = builder.end;
      this.#position = appended;
      this.#own = true;
      this.#sealedAt = Date.parse(at);
      this.options.onSeal?.(this.stream, seal);
    }
    const more = this.#end.lastSequence < last;
    if (!more) this.#unsealedSince = undefined;
    return { end, more };
  }

  async #build(last: number): Promise<SealBuilder> {
    const builder = new SealBuilder(this.#end, 2);
    const { connection } = this.options;
    while (!builder.full && builder.end.lastSequence < last) {
      const messages = await readRange(connection, {
        stream: this.stream,
        from: builder.end.lastSequence + 1,
        maxMessages: MESSAGES_PER_READ,
        maxBytes: BYTES_PER_READ,
      });
      if (messages.length === 0) break;
      addAll(builder, messages);
    }
    return builder;
  }

  async #lastSequence(): Promise<number> {
    const { state } = await this.options.connection.manager.streams.info(this.stream);
    return state.last_seq;
  }

  /** Once for each seal that was taken over; again as long as the stream has something else. */
  async #check(): Promise<void> {
    if (this.#unchecked === undefined) return;
    try {
      await this.#requireSame(this.#unchecked);
      this.#unchecked = undefined;
    } catch (error) {
      if (!(error instanceof AppError)) throw error;
      this.#broken = error;
    }
  }

  /** The last message that was sealed must still be what it was, when it is still there. */
  async #requireSame({ checkpoint, links }: OpenedSeal): Promise<void> {
    const { last: from, link, previous, version } = checkpoint;
    const { connection } = this.options;
    const [message] = await readRange(connection, { stream: this.stream, from, maxMessages: 1 });
    if (message?.sequence !== from) return;
    const { data, ...sealed } = message;
    const digest = version === 1 ? sha256(data) : lineDigest(data);
    if (!linkOf(links.at(-2) ?? previous, { ...sealed, digest }).equals(link))
      throw this.#rewound(`has another message at ${from}`);
  }

  #isOurTurn(): boolean {
    if (this.#own || this.#sealedAt === undefined || this.#unsealedSince === undefined) return true;
    const patience = this.options.everyMs * PATIENCE;
    return this.#now() - Math.max(this.#sealedAt, this.#unsealedSince) >= patience;
  }

  #rewound(how: string): SealingError {
    const { lastSequence } = this.#end;
    return new SealingError(
      'stream_rewound',
      `stream ${this.stream} ${how}, but was sealed up to ${lastSequence}: it was replaced or put back`,
    );
  }

  #now(): number {
    return this.options.clock().getTime();
  }
}

/** As many as it takes. */
function addAll(builder: SealBuilder, messages: readonly StoredMessage[]): void {
  for (const { data, ...message } of messages) {
    if (builder.full) return;
    builder.add({ ...message, digest: lineDigest(data) });
  }
}
