import { BodyPieces, copyOf } from '../body-pieces.js';
import { slabs } from '../slabs.js';
import type { UpstreamCall } from '../upstream-call.js';
import { notHttp } from '../upstream-fault.js';
import type { AnswerFields } from './answer-fields.js';

/** As much of one answer as may be on its way, or wait here for a slow reader. */
export const STREAM_WINDOW = 262_144;
/** More of them than any server has reason to send to one call. */
const MAX_INFORMATIONAL = 16;

/** The connection, as its streams see it. */
export interface StreamConnection {
  /** So much more of the answer may come. */
  widen(stream: Http2Stream, bytes: number): void;
  /** The cluster is told that nobody wants the rest, and the call is told nothing. */
  cancel(stream: Http2Stream): void;
}

/** One call on a connection that it shares with others. */
export class Http2Stream {
  /** Whole seconds without a sign of life. */
  ticks = 0;
  #paused = false;
  #head: AnswerFields | undefined;
  #informational = 0;
  #received = 0;
  /** Came, and was not yet allowed to come again. */
  #taken = 0;
  #pieces: BodyPieces | undefined;
  #complete = false;

  constructor(
    readonly id: number,
    readonly call: UpstreamCall,
    private readonly connection: StreamConnection,
  ) {}

  /** It waits for whoever reads the answer. */
  get paused(): boolean {
    return this.#paused;
  }

  /** The answer has begun. */
  get started(): boolean {
    return this.#head !== undefined;
  }

  /** All of the answer was told; the stream itself may not be over. */
  get complete(): boolean {
    return this.#complete;
  }

  pause(): void {
    this.#paused = true;
    this.#pieces?.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.ticks = 0;
    this.#pieces?.resume();
    this.#widen();
  }

  abort(): void {
    this.connection.cancel(this);
  }

  /** Nothing that has not been passed on ever is. */
  drop(): void {
    this.#pieces?.drop();
  }

  /**
   * A header block of the answer.
   *
   * @param last - no body follows
   * @returns whether it was the head, and no announcement of one
   * @throws {@link UpstreamFault} `not_http`
   */
  onHead(fields: AnswerFields, last: boolean): boolean {
    this.ticks = 0;
    if (fields.statusCode < 200) {
      this.#informed(fields, last);
      return false;
    }
    const { length = 0 } = fields;
    this.#head = fields;
    if (last && length > 0 && this.#mayHaveBody) throw notHttp('a length without a body');
    if (fields.statusCode === 204 && length > 0) throw notHttp('a body where there can be none');
    this.call.onHead(fields);
    if (last) this.#finish();
    return true;
  }

  /**
   * A piece of the body, which is only lent.
   *
   * @param size - with its padding
   * @param last - nothing follows
   * @throws {@link UpstreamFault} `not_http`
   */
  onData(piece: Buffer, size: number, last: boolean): void {
    this.ticks = 0;
    this.#received += piece.length;
    this.#taken += size;
    if (this.#taken > STREAM_WINDOW) throw notHttp('more than was asked for');
    this.#checkLength(last);
    if (this.#complete) return;
    const isAll = last || this.#received === this.#head?.length;
    if (piece.length > 0) this.#pass(piece, isAll);
    if (isAll) this.#finish();
    else this.#widen();
  }

  /** Headers behind the body: it is over. @throws {@link UpstreamFault} `not_http` */
  onTrailers(): void {
    if (this.#complete) return;
    this.#checkLength(true);
    this.#finish();
  }

  #informed({ statusCode }: AnswerFields, last: boolean): void {
    this.#informational += 1;
    if (last || statusCode === 101) throw notHttp('an informational answer that is the last');
    if (this.#informational > MAX_INFORMATIONAL) throw notHttp('informational answers without end');
  }

  get #mayHaveBody(): boolean {
    const statusCode = this.#head?.statusCode;
    return statusCode !== 204 && statusCode !== 304 && this.call.request.method !== 'HEAD';
  }

  /** @param last - nothing more comes */
  #checkLength(last: boolean): void {
    const received = this.#received;
    if (!this.#mayHaveBody) {
      if (received > 0) throw notHttp('a body where there can be none');
      return;
    }
    const length = this.#head?.length ?? received;
    if (received > length || (last && received < length)) throw notHttp('a body of another length');
  }

  #pass(piece: Buffer, last: boolean): void {
    // Most answers are one piece.
    if (last && this.#pieces === undefined) {
      this.call.onData(copyOf(piece), true);
      return;
    }
    this.#pieces ??= this.#openPieces();
    this.#pieces.push(piece, last);
  }

  #openPieces(): BodyPieces {
    const pieces = new BodyPieces(slabs, (piece, last) => this.call.onData(piece, last));
    if (this.#paused) pieces.pause();
    return pieces;
  }

  #finish(): void {
    this.#complete = true;
    this.#pieces?.end();
    this.call.onEnd();
  }

  #widen(): void {
    if (this.#paused || this.#complete || this.#taken < STREAM_WINDOW / 2) return;
    const bytes = this.#taken;
    this.#taken = 0;
    this.connection.widen(this, bytes);
  }
}
