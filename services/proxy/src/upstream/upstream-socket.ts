import type { Duplex, Readable } from 'node:stream';
import type { AnswerHead } from './answer-head.js';
import type { AgentShare } from './agent-shares.js';
import { AnswerParser, type AnswerEvents } from './answer-parser.js';
import { BodyPieces } from './body-pieces.js';
import { RequestBodyWriter, type BodyEvents } from './request-body-writer.js';
import { slabs } from './slabs.js';
import type { UpstreamCall } from './upstream-call.js';
import { UpstreamFault } from './upstream-fault.js';
import type { UpstreamRequest } from './upstream.js';

/** Whoever keeps the connection. */
export interface SocketOwner {
  /** A head has come: the cluster answers. */
  answered(): void;
  /** It waits for the next call. */
  released(socket: UpstreamSocket): void;
  /** It is gone; `call` may be sent again on another one. */
  gone(socket: UpstreamSocket, call: UpstreamCall | undefined): void;
  /** A call was not answered in time. */
  timedOut(): void;
}

/** A connection to a cluster: one call at a time, the next one only when nothing is left of the one before. */
export class UpstreamSocket implements AnswerEvents, BodyEvents {
  /** Whole seconds without a sign of life, of a call or of nothing. */
  ticks = 0;
  /** How many of them an idle connection may have. */
  maxIdleTicks = Infinity;
  /** Whose connection it is at the moment: its keeper's to set. */
  share: AgentShare<UpstreamCall> | undefined;
  readonly #stream: Duplex;
  readonly #owner: SocketOwner;
  readonly #parser = new AnswerParser(this);
  readonly #pieces = new BodyPieces(slabs, (piece, last) => this.#call?.onData(piece, last));
  #call: UpstreamCall | undefined;
  #writer: RequestBodyWriter | undefined;
  #served = 0;
  #keepAlive = false;
  #answered = false;
  #paused = false;
  /** Nothing more is read. */
  #stopped = false;
  #gone = false;

  constructor(stream: Duplex, owner: SocketOwner) {
    this.#stream = stream;
    this.#owner = owner;
    stream.on('data', (chunk: Buffer) => this.read(chunk));
    stream.on('drain', () => this.#writer?.drained());
    stream.on('end', () => this.#onEnd());
    stream.on('error', (error: Error) => this.#lost(error));
    stream.on('close', () => this.#lost(new Error('closed')));
  }

  get busy(): boolean {
    return this.#call !== undefined;
  }

  /** It waits for whoever reads the answer. */
  get paused(): boolean {
    return this.#paused;
  }

  /** @returns false when it cannot carry a call any more; then not a byte was written */
  start(call: UpstreamCall): boolean {
    const stream = this.#stream;
    if (this.#gone || !stream.writable || stream.destroyed) return false;
    const { request } = call;
    this.#call = call;
    call.socket = this;
    this.ticks = 0;
    this.#answered = false;
    this.#parser.begin({ head: request.method === 'HEAD', upgrade: false });
    if (hasBody(request)) {
      this.#writer = new RequestBodyWriter(request, stream, this);
      this.#writer.start(call.head);
    } else {
      // A text, though bytes would cost less: the credential in it would lie in a slab that answers to clients share.
      stream.write(call.head, 'latin1');
    }
    return true;
  }

  /** The body is kept back. A little of it still comes: most pauses are over before that was worth a word. */
  pause(): void {
    this.#paused = true;
    this.#pieces.pause();
  }

  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    this.ticks = 0;
    this.#pieces.resume();
    if (this.#pieces.full || !this.#stopped) return;
    this.#stopped = false;
    this.#stream.resume();
  }

  /** Ends it with the call on it, which is told nothing. */
  abort(): void {
    this.#end();
  }

  /** Ends it; the call on it fails with `error`. */
  fail(error: Error): void {
    this.#end()?.fail(error);
  }

  /** A second has passed. */
  tick(maxAnswerTicks: number): void {
    if (this.#call === undefined) {
      this.ticks += 1;
      if (this.ticks >= this.maxIdleTicks) this.#end();
      return;
    }
    // Whoever does not read is watched by those who write to him.
    if (this.#paused) return;
    this.ticks += 1;
    if (this.ticks < maxAnswerTicks) return;
    if (!this.#answered) this.#owner.timedOut();
    this.fail(new UpstreamFault('timeout', 'no byte for too long'));
  }

  /** Takes what came; it is read or copied when this returns. */
  read(chunk: Buffer): void {
    if (this.#call === undefined) {
      // An answer to nothing: whose it would be nobody can tell.
      this.#end();
      return;
    }
    this.ticks = 0;
    try {
      const used = this.#parser.push(chunk);
      if (!this.busy && !this.#gone) this.#answeredWhole(used === chunk.length);
    } catch (error) {
      this.fail(error instanceof Error ? error : new Error('not read', { cause: error }));
    }
  }

  onAnswerHead(head: AnswerHead): void {
    this.#answered = true;
    this.#keepAlive = head.keepAlive;
    if (head.keepAliveSeconds > 0) this.maxIdleTicks = Math.max(0, head.keepAliveSeconds - 1);
    this.#owner.answered();
    this.#call?.onHead(head);
  }

  onAnswerData(chunk: Buffer, last: boolean): void {
    this.#pieces.push(chunk, last);
    if (!this.#pieces.full || this.#stopped) return;
    this.#stopped = true;
    this.#stream.pause();
  }

  onAnswerEnd(): void {
    this.#pieces.end();
    const call = this.#call;
    this.#call = undefined;
    this.#served += 1;
    call?.onEnd();
  }

  onBodyData(bytes: number): void {
    this.ticks = 0;
    this.#call?.onRequestData(bytes);
  }

  onBodyEnd(): void {
    this.#writer = undefined;
  }

  onBodyError(error: Error): void {
    this.fail(error);
  }

  /** Kept for the next call only when both sides have said all there was to say, and no more. */
  #answeredWhole(clean: boolean): void {
    if (!clean || !this.#keepAlive || this.#writer !== undefined || this.maxIdleTicks === 0) {
      this.#end();
      return;
    }
    this.ticks = 0;
    if (this.#paused) this.resume();
    this.#owner.released(this);
  }

  #onEnd(): void {
    if (this.#call === undefined) {
      this.#end();
      return;
    }
    try {
      this.#parser.end();
      this.#end();
    } catch (error) {
      this.#lost(error instanceof Error ? error : new Error('ended', { cause: error }));
    }
  }

  /** The other side or the network has ended it. */
  #lost(error: Error): void {
    if (this.#gone) return;
    const call = this.#call;
    // Idle connections are closed at any time, also in the moment in which they are used again.
    const unread = this.#served > 0 && !this.#parser.started;
    if (call !== undefined && unread && call.mayRetry) {
      call.retry();
      this.#end(call);
      return;
    }
    this.fail(
      error instanceof UpstreamFault
        ? error
        : new UpstreamFault('broken', 'the connection broke off', { cause: error }),
    );
  }

  /** @returns the call that was on it */
  #end(retry?: UpstreamCall): UpstreamCall | undefined {
    const call = this.#call;
    this.#call = undefined;
    this.#parser.stop();
    this.#pieces.drop();
    this.#writer?.detach();
    this.#writer = undefined;
    this.#stream.destroy();
    if (!this.#gone) {
      this.#gone = true;
      this.#owner.gone(this, retry);
    }
    return call;
  }
}

function hasBody(
  request: UpstreamRequest,
): request is UpstreamRequest & { readonly body: Readable } {
  return request.body !== null;
}
