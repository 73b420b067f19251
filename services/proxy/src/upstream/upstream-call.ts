import type { Principal } from '@drawbridge/contracts';
import type { AnswerHead } from './answer-head.js';
import { slabs } from './slabs.js';
import type { UpstreamSocket } from './upstream-socket.js';
import type { UpstreamFlow, UpstreamListener, UpstreamRequest } from './upstream.js';

/** Where a call waits while it has no connection. */
export interface CallQueue {
  forget(call: UpstreamCall): void;
}

export interface UpstreamCallOptions {
  /** Whose call it is. */
  readonly agent: Principal;
  readonly request: UpstreamRequest;
  /** As it is written. */
  readonly head: string;
  readonly listener: UpstreamListener;
  /** Hears that the cluster did not believe the credential; knows how it is written when it is sent once more. */
  readonly prepared: {
    refused(): void;
    headAgain?(request: UpstreamRequest): string | undefined;
  };
}

/** One call on its way to one answer. */
export class UpstreamCall implements UpstreamFlow {
  readonly agent: Principal;
  readonly request: UpstreamRequest;
  head: string;
  socket: UpstreamSocket | undefined;
  queue: CallQueue | undefined;
  /** It has been sent on a kept connection that was closed under it. */
  #retried = false;
  waitedTicks = 0;
  readonly #listener: UpstreamListener;
  readonly #prepared: UpstreamCallOptions['prepared'];
  #over = false;

  constructor({ agent, request, head, listener, prepared }: UpstreamCallOptions) {
    this.agent = agent;
    this.request = request;
    this.head = head;
    this.#listener = listener;
    this.#prepared = prepared;
  }

  get over(): boolean {
    return this.#over;
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

  /** It is about to be sent once more. */
  retry(): void {
    this.#retried = true;
    this.socket = undefined;
    this.head = this.#prepared.headAgain?.(this.request) ?? this.head;
  }

  onHead({ statusCode, rawHeaders }: AnswerHead): void {
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
