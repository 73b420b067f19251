import type { SessionFrame, SessionFrameCode, SessionHeader } from '@drawbridge/contracts';
import { TextPieces } from './text-pieces.js';

/** A piece leaves when it is this large, or this old. */
const PIECE_CHARACTERS = 16_384;
const PIECE_MS = 1_000;
/** What of a session may be on its way to the record. Beyond that the session waits. */
const MAX_WAITING = 262_144;
const ROOM_AGAIN = 131_072;

/** A piece of a recording on its way to the record. */
export interface RecordedLine {
  readonly commandId: string;
  readonly connection: string;
  /** `SessionChunk` as JSON. */
  readonly line: string;
  /** It is durable. */
  readonly stored: () => void;
  /** It is not durable by now, and nobody knows when it will be. */
  readonly delayed: (why: string) => void;
}

/** Where pieces of recordings are put on the record: never fails and never waits. */
export interface RecordingLog {
  /** @returns false when so much waits, of all sessions and calls, that no more may pass until this piece is stored */
  piece(piece: RecordedLine): boolean;
}

export interface SessionRecordingOptions {
  readonly log: RecordingLog;
  readonly commandId: string;
  readonly connection: string;
  readonly header: SessionHeader;
  /** When the session begins. */
  readonly begunAt: Date;
  /** Milliseconds that only go forward. @default performance.now */
  readonly now?: () => number;
}

/** What depends on whether a recording gets on. */
export interface RecordingListener {
  /** So much is not durable yet that nothing more may pass until {@link RecordingListener.onRoom}. */
  onFull(): void;
  onRoom(): void;
  /** The record takes nothing at the moment: what would not be on it must not happen. */
  onFailed(why: string): void;
}

type BytesCode = 'o' | 'i' | 'e';

/**
 * Records what passes in one session, in pieces that are numbered and acknowledged. What waits for the record is
 * bounded by who listens.
 */
export class SessionRecording {
  #listener: RecordingListener | undefined;
  readonly #now: () => number;
  readonly #begun: number;
  readonly #texts: Readonly<Record<BytesCode, TextPieces>> = {
    o: new TextPieces(),
    i: new TextPieces(),
    e: new TextPieces(),
  };
  #frames: SessionFrame[] = [];
  #characters = 0;
  #index = 0;
  #timer: NodeJS.Timeout | undefined;
  #waiting = 0;
  #isFull = false;
  #cut: string | undefined;
  #over = false;

  constructor(private readonly options: SessionRecordingOptions) {
    this.#now = options.now ?? (() => performance.now());
    this.#begun = this.#now();
    this.#startPiece();
  }

  /** Told at once when nothing more may pass already: what comes with a handshake is recorded before anybody listens. */
  listen(listener: RecordingListener): void {
    this.#listener = listener;
    if (this.#isFull) listener.onFull();
  }

  /** Bytes as they passed. */
  bytes(code: BytesCode, bytes: Uint8Array): void {
    for (const { text, isBase64 } of this.#texts[code].take(bytes)) {
      this.frame(isBase64 ? `${code}64` : code, text);
    }
  }

  frame(code: SessionFrameCode, data: string): void {
    if (this.#over) return;
    this.#frames.push([this.#seconds(), code, data]);
    this.#characters += data.length + FRAME_CHARACTERS;
    if (this.#characters >= PIECE_CHARACTERS) this.#send();
    else this.#startPiece();
  }

  /** Not everything that passes is kept. */
  incomplete(why: string): void {
    this.#cut ??= why;
  }

  /** The last piece; what passes from now on is not recorded. */
  end(): void {
    if (this.#over) return;
    for (const code of ['o', 'i', 'e'] as const) {
      for (const { text } of this.#texts[code].end()) this.frame(`${code}64`, text);
    }
    const cut = this.#cut === undefined ? {} : { cut: this.#cut };
    this.#listener = undefined;
    this.#send({ chunks: this.#index + 1, ...cut });
    this.#over = true;
  }

  /** To the millisecond. */
  #seconds(): number {
    return Math.round(this.#now() - this.#begun) / 1_000;
  }

  #startPiece(): void {
    this.#timer ??= setTimeout(() => this.#send(), PIECE_MS).unref();
  }

  #send(final?: { readonly chunks: number; readonly cut?: string }): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const { log, commandId, connection } = this.options;
    const line = this.#line(final);
    const size = line.length;
    this.#frames = [];
    this.#characters = 0;
    this.#index += 1;
    this.#waiting += size;
    const hasRoom = log.piece({
      commandId,
      connection,
      line,
      stored: () => this.#stored(size),
      delayed: (why) => this.#delayed(why),
    });
    if (this.#isFull || (hasRoom && this.#waiting <= MAX_WAITING)) return;
    this.#isFull = true;
    this.#listener?.onFull();
  }

  /** Members in the order in which the record is documented. */
  #line(final: { readonly chunks: number; readonly cut?: string } | undefined): string {
    const { commandId, connection, header, begunAt } = this.options;
    const [first] = this.#frames;
    const offset = this.#index === 0 ? 0 : (first?.[0] ?? this.#seconds()) * 1_000;
    return JSON.stringify({
      type: 'SessionChunk',
      commandId,
      connection,
      at: new Date(begunAt.getTime() + offset).toISOString(),
      index: this.#index,
      frames: this.#frames,
      ...(this.#index === 0 && { header }),
      ...(final !== undefined && { final }),
    });
  }

  #stored(size: number): void {
    this.#waiting -= size;
    if (!this.#isFull || this.#waiting > ROOM_AGAIN) return;
    this.#isFull = false;
    this.#listener?.onRoom();
  }

  #delayed(why: string): void {
    this.#cut ??= why;
    this.#listener?.onFailed(why);
  }
}

/** What a frame takes beside its data. */
const FRAME_CHARACTERS = 16;
