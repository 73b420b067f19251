import type { CallRefused } from '../domain/call-refused.js';
import type { UpstreamListener } from '../upstream/upstream.js';
import type { HeldFlow } from './held-flow.js';
import { asError } from './relay-errors.js';

/** Whether the start of a call is stored, as far as its answer has to know. */
export interface StartOnItsWay {
  readonly isStored: boolean;
  /** Why nobody knows in time whether it is. */
  readonly refusal: CallRefused | undefined;
  /** Tells once, later, that it is stored or what refuses it. */
  onSettled(listener: (refusal: CallRefused | undefined) => void): void;
}

/**
 * Keeps an answer until the start of its call is stored: what has come by then, and no more, since the cluster is
 * held back. When it is not stored in time the call ends with that, and nobody has seen the answer.
 */
export class UntilRecorded implements UpstreamListener {
  #waits = true;
  #head: { readonly statusCode: number; readonly rawHeaders: readonly string[] } | undefined;
  readonly #chunks: Buffer[] = [];
  /** All bytes of the body are here. */
  #whole = false;
  #ended = false;
  #error: Error | undefined;

  constructor(
    private readonly listener: UpstreamListener,
    private readonly flow: Pick<HeldFlow, 'hold' | 'release'>,
  ) {}

  /** To be called when the call is on its way: of one that could not be sent nobody may be told anything later. */
  waitFor(record: StartOnItsWay): void {
    record.onSettled((refusal) => this.#settled(refusal));
  }

  onHead(statusCode: number, rawHeaders: readonly string[]): void {
    if (this.#waits) this.#head = { statusCode, rawHeaders };
    else this.listener.onHead(statusCode, rawHeaders);
  }

  onData(chunk: Buffer, last: boolean): void {
    if (!this.#waits) {
      this.listener.onData(chunk, last);
      return;
    }
    this.#chunks.push(chunk);
    this.#whole = last;
    if (!last) this.flow.hold('start');
  }

  onEnd(): void {
    if (this.#waits) this.#ended = true;
    else this.listener.onEnd();
  }

  onError(error: Error): void {
    if (this.#waits) this.#error = error;
    else this.listener.onError(error);
  }

  onRequestData(bytes: number): void {
    this.listener.onRequestData?.(bytes);
  }

  #settled(refusal: CallRefused | undefined): void {
    this.#waits = false;
    if (refusal !== undefined) {
      this.#chunks.length = 0;
      this.listener.onError(refusal);
      return;
    }
    // Whoever tells of many records that they are stored must not be stopped by one.
    try {
      this.#tell();
      this.flow.release('start');
    } catch (error) {
      this.listener.onError(asError(error));
    }
  }

  /** What came meanwhile, in its order. */
  #tell(): void {
    if (this.#head !== undefined)
      this.listener.onHead(this.#head.statusCode, this.#head.rawHeaders);
    const { length } = this.#chunks;
    this.#chunks.splice(0).forEach((chunk, index) => {
      this.listener.onData(chunk, this.#whole && index === length - 1);
    });
    if (this.#error !== undefined) this.listener.onError(this.#error);
    else if (this.#ended) this.listener.onEnd();
  }
}
