import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher } from 'undici';
import { CallCut } from '../domain/call-cut.js';
import { CallRefused } from '../domain/call-refused.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { cuts, type CutReason } from '../domain/cut-reason.js';
import { clientResponseHeaders } from '../domain/forwarded-headers.js';
import { refusedAnswer, upstreamFailure } from '../kube/upstream-failure.js';
import type { ClientAnswer } from '../listener/client-exchange.js';
import type { AnswerHead, BodyTransform, TransformAnswer } from './body-transform.js';
import { errorFrame, WatchFrames } from './watch-frames.js';

/** How long an unread answer may wait for its reader. */
const STALLED_MS = 60_000;
/** How long a cut may take to reach a frame boundary and the client, before the connection is destroyed. */
const CUT_MS = 500;

export interface RelayOptions {
  readonly answer: ClientAnswer;
  readonly connection: string;
  readonly commandId: string;
  /** Watch or log: the head is sent at once, before the first byte of the body. */
  readonly longRunning: boolean;
  readonly watch: boolean;
  /** Changes the body on its way. */
  readonly transform?: TransformAnswer | undefined;
}

/**
 * Passes one upstream answer on to the client, chunk by chunk and as fast as the client reads: nothing is
 * held but the chunk under way. Ends when either side ends, or by {@link cut}.
 */
export class Relay implements Dispatcher.DispatchHandler {
  /**
   * How it ended. Rejects with a refusal when the client has seen nothing yet and must be told.
   */
  readonly ended: Promise<CallOutcome>;
  #settle: { resolve: (outcome: CallOutcome) => void; reject: (error: Error) => void };
  #controller: Dispatcher.DispatchController | undefined;
  #frames: WatchFrames | undefined;
  #transform: BodyTransform | undefined;
  #timer: NodeJS.Timeout | undefined;
  #cutting: CutReason | undefined;
  #over = false;
  #statusCode = 0;
  #requestBytes = 0;
  #responseBytes = 0;

  constructor(private readonly options: RelayOptions) {
    const { promise, resolve, reject } = Promise.withResolvers<CallOutcome>();
    this.ended = promise;
    this.#settle = { resolve, reject };
    options.answer.on('drain', () => this.#onDrain());
    options.answer.on('close', () => this.#onClientClose());
  }

  /** Counts what was read of the request body. */
  sent(bytes: number): void {
    this.#requestBytes += bytes;
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller;
    if (this.#over) controller.abort(new Error('ended before it was sent'));
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: IncomingHttpHeaders,
  ): void {
    if (this.#over || statusCode < 200) return;
    const refusal = refusedAnswer(statusCode, this.options.connection);
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return;
    }
    const { answer, commandId, longRunning, watch, transform } = this.options;
    if (!this.#openTransform(headOf(statusCode, headers))) return;
    if (watch && statusCode === 200 && isPlainJson(headers)) this.#frames = new WatchFrames();
    answer.writeHead(statusCode, {
      ...clientResponseHeaders(transform === undefined ? headers : withoutShape(headers)),
      'audit-id': commandId,
      'x-content-type-options': 'nosniff',
    });
    this.#statusCode = statusCode;
    if (longRunning) answer.flushHeaders();
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    if (this.#transform === undefined) {
      this.#take(chunk);
      return;
    }
    try {
      for (const piece of this.#transform.push(chunk)) if (!this.#isOver()) this.#take(piece);
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  onResponseEnd(): void {
    if (this.#over) return;
    try {
      this.#transform?.end();
    } catch (error) {
      this.#fail(asError(error));
      return;
    }
    const { answer } = this.options;
    this.#watchStall();
    answer.end(undefined, () => this.#end({ outcome: 'completed' }));
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    this.#fail(upstreamFailure(error, this.options.connection));
  }

  /**
   * Ends the call: a JSON watch with a last frame that says why, at the next frame boundary; any other answer
   * abruptly, so that no client takes it for complete.
   */
  cut(reason: CutReason): void {
    if (this.#over || this.#cutting !== undefined) return;
    if (this.#statusCode === 0) {
      this.#refuse(new CallCut(reason));
      return;
    }
    this.#cutting = reason;
    if (this.#frames === undefined) {
      this.#destroy(reason);
      return;
    }
    if (this.#frames.atBoundary) this.#endWithFrame(reason);
    else this.#arm(CUT_MS, () => this.#destroy(reason));
  }

  /** @returns false when the answer cannot be let through at all */
  #openTransform(head: AnswerHead): boolean {
    try {
      this.#transform = this.options.transform?.(head);
      return true;
    } catch (error) {
      this.#refuse(asError(error));
      return false;
    }
  }

  #isOver(): boolean {
    return this.#over;
  }

  #take(chunk: Uint8Array): void {
    if (this.#cutting === undefined) {
      this.#pass(chunk);
      return;
    }
    const rest = this.#frames?.restOfFrame(chunk);
    this.#pass(rest ?? chunk);
    if (rest !== undefined) this.#endWithFrame(this.#cutting);
  }

  /** The cluster's answer broke off, or what came of it cannot be let through. */
  #fail(refusal: Error): void {
    if (this.#statusCode === 0) {
      this.#refuse(refusal);
      return;
    }
    if (this.#cutting !== undefined) {
      this.#destroy(this.#cutting);
      return;
    }
    this.options.answer.destroy();
    this.#end({ outcome: 'upstream_failed', reason: codeOf(refusal) });
  }

  #pass(chunk: Uint8Array): void {
    this.#responseBytes += chunk.length;
    this.#frames?.pass(chunk);
    if (this.options.answer.write(chunk)) return;
    this.#controller?.pause();
    if (this.#cutting === undefined) this.#watchStall();
  }

  #onDrain(): void {
    if (this.#over) return;
    if (this.#cutting === undefined) clearTimeout(this.#timer);
    this.#controller?.resume();
  }

  #watchStall(): void {
    this.#arm(STALLED_MS, () => this.#destroy('client_too_slow'));
  }

  #endWithFrame(reason: CutReason): void {
    const { answer, commandId } = this.options;
    const frame = errorFrame({ ...cuts[reason], code: reason, commandId });
    this.#responseBytes += frame.length;
    answer.end(frame);
    this.#end({ outcome: 'cut', reason });
    // The client may not be reading; its connection ends in any case.
    this.#arm(CUT_MS, () => answer.destroy());
    answer.on('close', () => clearTimeout(this.#timer));
  }

  #destroy(reason: CutReason): void {
    this.options.answer.destroy();
    this.#end({ outcome: 'cut', reason });
  }

  #onClientClose(): void {
    if (!this.#over) this.#end({ outcome: 'client_gone' });
  }

  #refuse(error: Error): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#settle.reject(error);
    this.#controller?.abort(error);
  }

  #end(outcome: Pick<CallOutcome, 'outcome' | 'reason'>): void {
    this.#over = true;
    clearTimeout(this.#timer);
    this.#settle.resolve({
      ...outcome,
      statusCode: this.#statusCode,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
    });
    if (outcome.outcome !== 'completed') this.#controller?.abort(new Error(outcome.outcome));
  }

  #arm(delayMs: number, then: () => void): void {
    clearTimeout(this.#timer);
    this.#timer = setTimeout(then, delayMs);
    this.#timer.unref();
  }
}

/** Frames can be told apart only in JSON that is not compressed. */
function isPlainJson(headers: IncomingHttpHeaders): boolean {
  const encoding = headers['content-encoding'] ?? 'identity';
  return encoding === 'identity' && /^application\/json\b/.test(headers['content-type'] ?? '');
}

function headOf(statusCode: number, headers: IncomingHttpHeaders): AnswerHead {
  const contentEncoding = headers['content-encoding'] ?? '';
  return { statusCode, contentType: headers['content-type'] ?? '', contentEncoding };
}

/** Length and tags are of what the cluster sent, not of what the client gets. */
function withoutShape(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const others = { ...headers };
  for (const name of ['content-length', 'etag', 'last-modified'])
    Reflect.deleteProperty(others, name);
  return others;
}

const codeOf = (error: Error): string =>
  error instanceof CallRefused ? error.code : 'internal_error';

const asError = (error: unknown): Error =>
  error instanceof Error ? error : new Error('not transformed', { cause: error });
