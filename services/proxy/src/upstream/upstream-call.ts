import type { Principal } from '@drawbridge/contracts';
import type { AnswerHead } from './answer-head.js';
import { slabs } from './slabs.js';
import type { UpstreamFlow, UpstreamListener, UpstreamRequest } from './upstream.js';

/** The connection of a call, or its part of one. */
export interface CallCarrier {
  pause(): void;
  resume(): void;
  /** Ends what the call has of it; the call is told nothing. */
  abort(): void;
}

/** Where a call waits while it has no connection. */
export interface CallQueue {
  forget(call: UpstreamCall): void;
}

export interface UpstreamCallOptions {
  /** Whose call it is. */
  readonly agent: Principal;
  readonly request: UpstreamRequest;
  readonly listener: UpstreamListener;
  readonly prepared: WrittenWith;
}

/** How calls are written with the credential in hand. Throws {@link TypeError} for what cannot be sent. */
export interface WrittenWith {
  /** As HTTP/1.1 has it. */
  headOf(request: UpstreamRequest): string;
  /** As HTTP/2 has it. */
  blockOf(request: UpstreamRequest): string;
  /** What is sent in its stead when it is sent once more. @default the same */
  again?(request: UpstreamRequest): UpstreamRequest;
  /** The cluster did not believe the credential. */
  refused(): void;
}

/** One call on its way to one answer. */
export class UpstreamCall implements UpstreamFlow {
  readonly agent: Principal;
  request: UpstreamRequest;
  #head: string | undefined;
  socket: CallCarrier | undefined;
  queue: CallQueue | undefined;
  /** It has been sent on a kept connection that was closed under it. */
  #retried = false;
  waitedTicks = 0;
  readonly #listener: UpstreamListener;
  readonly #prepared: UpstreamCallOptions['prepared'];
  #over = false;

  constructor({ agent, request, listener, prepared }: UpstreamCallOptions) {
    this.agent = agent;
    this.request = request;
    this.#listener = listener;
    this.#prepared = prepared;
  }

  get over(): boolean {
    return this.#over;
  }

  /** What it says over HTTP/1.1, written when it is asked for. @throws {@link TypeError} when that cannot be sent */
  get head(): string {
    this.checkHead();
    return this.#head ?? '';
  }

  /** @throws {@link TypeError} when it cannot be sent over HTTP/1.1 */
  checkHead(): void {
    this.#head ??= this.#prepared.headOf(this.request);
  }

  /** What it says over HTTP/2. @throws {@link TypeError} when that cannot be sent */
  get block(): string {
    return this.#prepared.blockOf(this.request);
  }

  pause(): void {
    // Behind its end the connection carries another call.
    if (!this.#over) this.socket?.pause();
  }

  resume(): void {
    if (!this.#over) this.socket?.resume();
  }

  abort(): void {
    if (this.#over) return;
    this.#over = true;
    if (this.socket === undefined) this.queue?.forget(this);
    else this.socket.abort();
  }

  giveBack(chunk: Uint8Array): void {
    slabs.giveBack(chunk);
  }

  /** Nothing was changed by it, and nothing of an answer has come: it may be sent once more. */
  get mayRetry(): boolean {
    const { readOnly, body } = this.request;
    return readOnly === true && body === null && !this.#retried && !this.#over;
  }

  /** It is about to be sent once more. @param seen - the cluster may have looked at it */
  retry(seen = true): void {
    this.#retried = true;
    this.socket = undefined;
    if (!seen) return;
    this.request = this.#prepared.again?.(this.request) ?? this.request;
    this.#head = undefined;
  }

  onHead({ statusCode, rawHeaders }: Pick<AnswerHead, 'statusCode' | 'rawHeaders'>): void {
    if (statusCode === 401) this.#prepared.refused();
    this.#listener.onHead(statusCode, rawHeaders);
  }

  onData(chunk: Buffer, last: boolean): void {
    if (!this.#over) this.#listener.onData(chunk, last);
  }

  onEnd(): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.onEnd();
  }

  onRequestData(bytes: number): void {
    this.#listener.onRequestData?.(bytes);
  }

  fail(error: Error): void {
    if (this.#over) return;
    this.#over = true;
    this.#listener.onError(error);
  }
}
