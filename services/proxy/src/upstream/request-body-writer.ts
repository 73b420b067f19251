import type { Duplex, Readable } from 'node:stream';
import type { UpstreamRequest } from './upstream.js';

/** Told how the body gets on. */
export interface BodyEvents {
  /** So many bytes are about to be sent. Throws to end the call. */
  onBodyData(bytes: number): void;
  /** All of it is on its way. */
  onBodyEnd(): void;
  onBodyError(error: Error): void;
}

/**
 * Sends the body of a request as it comes and as fast as it is taken; nothing is held but the last piece of one that
 * is inspected. The body is paused, never
 * destroyed: its connection carries the answer too.
 */
export class RequestBodyWriter {
  readonly #body: Readable;
  readonly #socket: Duplex;
  readonly #events: BodyEvents;
  readonly #length: number | undefined;
  readonly #inspect: UpstreamRequest['inspect'];
  /** Seen, and sent with what comes next. */
  #kept: Buffer | undefined;
  #sent = 0;
  #over = false;

  constructor(
    { body, contentLength, inspect }: UpstreamRequest & { readonly body: Readable },
    socket: Duplex,
    events: BodyEvents,
  ) {
    this.#body = body;
    this.#socket = socket;
    this.#events = events;
    this.#length = contentLength;
    this.#inspect = inspect;
  }

  /** Whether all of it was sent, or nothing more will be. */
  get over(): boolean {
    return this.#over;
  }

  /** Writes the head and what has come of the body in one go, then the rest as it comes. */
  start(head: string): void {
    const body = this.#body;
    this.#socket.cork();
    this.#socket.write(head, 'latin1');
    body.on('data', this.#onData);
    body.on('end', this.#onEnd);
    body.on('error', this.#onError);
    body.on('close', this.#onClose);
    // An empty one over HTTP/2 has ended before anybody asked for it, and will not say so again.
    if (body.readableEnded) process.nextTick(this.#onEnd);
    // What has come flows in the same turn of the loop.
    process.nextTick(() => this.#socket.uncork());
  }

  /** The socket takes more again. */
  drained(): void {
    if (!this.#over) this.#body.resume();
  }

  /** Leaves the body alone: paused where it is. */
  detach(): void {
    this.#over = true;
    const body = this.#body;
    body.off('data', this.#onData);
    body.off('end', this.#onEnd);
    body.off('error', this.#onError);
    body.off('close', this.#onClose);
    body.on('error', ignore);
    body.pause();
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      this.#count(chunk.length);
      this.#inspect?.(chunk);
    } catch (error) {
      this.#fail(error instanceof Error ? error : new Error('refused', { cause: error }));
      return;
    }
    if (chunk.length === 0) return;
    const ready = this.#inspect === undefined ? chunk : this.#kept;
    if (this.#inspect !== undefined) this.#kept = chunk;
    if (ready !== undefined && !this.#write(ready)) this.#body.pause();
  };

  #count(bytes: number): void {
    this.#events.onBodyData(bytes);
    this.#sent += bytes;
    if (this.#length !== undefined && this.#sent > this.#length) {
      throw new TypeError('a body longer than announced');
    }
  }

  #write(chunk: Buffer): boolean {
    if (this.#length !== undefined) return this.#socket.write(chunk);
    this.#socket.cork();
    this.#socket.write(`${chunk.length.toString(16)}\r\n`, 'latin1');
    this.#socket.write(chunk);
    const more = this.#socket.write('\r\n', 'latin1');
    this.#socket.uncork();
    return more;
  }

  readonly #onEnd = (): void => {
    if (this.#over) return;
    if (this.#length !== undefined && this.#sent < this.#length) {
      this.#fail(new TypeError('a body shorter than announced'));
      return;
    }
    if (this.#inspect !== undefined && this.#kept !== undefined) this.#write(this.#kept);
    if (this.#length === undefined) this.#socket.write('0\r\n\r\n', 'latin1');
    this.detach();
    this.#events.onBodyEnd();
  };

  readonly #onError = (error: Error): void => this.#fail(error);
  readonly #onClose = (): void => this.#fail(new Error('the body ended too early'));

  #fail(error: Error): void {
    this.detach();
    this.#events.onBodyError(error);
  }
}

const ignore = (): void => undefined;
