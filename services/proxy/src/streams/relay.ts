import { CallCut } from '../domain/call-cut.js';
import type { CallOutcome } from '../domain/call-outcome.js';
import { cuts, type CutReason } from '../domain/cut-reason.js';
import { clientResponseHeaders } from '../domain/forwarded-headers.js';
import { refusedAnswer, upstreamFailure } from '../upstream/upstream-failure.js';
import type { UpstreamFlow, UpstreamListener } from '../upstream/upstream.js';
import type { BodyTap } from './body-tap.js';
import type { AnswerHead, BodyTransform } from './body-transform.js';
import { FlowGate } from './flow-gate.js';
import type { RelayOptions } from './relay-options.js';
import { asError, codeOf } from './relay-errors.js';
import { lastWordsOf, type LastWords } from './last-words.js';
import { describeOurs, headOf, maskedIn, type RelayedHead } from './relayed-head.js';
import { bodyTooLarge, MAX_BODY_BYTES } from './request-body.js';
import { LOOKED_INTO, TURN_BYTES } from './transfer-turns.js';
import { StallWatch } from './stall-watch.js';

/** How long an unread answer may wait for its reader. */
const STALLED_MS = 60_000;
/** How long a cut may take to reach a frame boundary and the client, before the connection is destroyed. */
const CUT_MS = 500;

/** Whether a shorter answer is read is the listener's to watch, for all of them together. */
const WATCHED_BYTES = 8_192;
/** Of smaller pieces the memory is not used again. */
const WORTH_GIVING_BACK = 8_192;

/**
 * Passes one upstream answer on to the client, chunk by chunk and as fast as the client reads: nothing is
 * held but the chunk under way. Ends when either side ends, or by {@link cut}.
 */
export class Relay implements UpstreamListener {
  /** How it ended. Rejects with a refusal when the client has seen nothing yet and must be told. */
  readonly ended: Promise<CallOutcome>;
  readonly #options: RelayOptions;
  readonly #resolve: (outcome: CallOutcome) => void;
  readonly #reject: (error: Error) => void;
  readonly #gate = new FlowGate();
  /**
   * Of an answer that is changed, until something of its body can be let through: then a short one has its length,
   * and one of which nothing can be let through is refused and not broken off.
   */
  #head: RelayedHead | undefined;
  #lastWords: LastWords | undefined;
  #transform: BodyTransform | undefined;
  #tap: BodyTap | undefined;
  #stall: StallWatch | undefined;
  #cutTimer: NodeJS.Timeout | undefined;
  #cutting: CutReason | undefined;
  #over = false;
  /** Passed on since its last turn. */
  #turnBytes = 0;
  #weight = 1;
  #ending = false;
  #statusCode = 0;
  #requestBytes = 0;
  #responseBytes = 0;

  constructor(options: RelayOptions) {
    this.#options = options;
    const { promise, resolve, reject } = Promise.withResolvers<CallOutcome>();
    this.ended = promise;
    this.#resolve = resolve;
    this.#reject = reject;
    options.turns.came(options.agent);
    options.answer.on('drain', () => this.#onDrain());
    options.answer.on('close', () => this.#end({ outcome: 'client_gone' }));
  }

  /** The call has been sent; from now on it is held back and ended here. */
  follow(flow: UpstreamFlow): void {
    this.#gate.open(flow);
    if (this.#over) flow.abort();
  }

  onRequestData(bytes: number): void {
    this.#requestBytes += bytes;
    if (this.#requestBytes > MAX_BODY_BYTES) throw bodyTooLarge();
  }

  onHead(statusCode: number, rawHeaders: readonly string[]): void {
    if (this.#over) return;
    const { answer, commandId, connection, longRunning, lastWords } = this.#options;
    const refusal = refusedAnswer(statusCode, connection);
    if (refusal !== undefined) {
      this.#refuse(refusal);
      return;
    }
    const kept = clientResponseHeaders(rawHeaders);
    const head = headOf(statusCode, kept);
    if (!this.#openTransform(head)) return;
    this.#openTap(head);
    const isChanged = this.#transform !== undefined;
    const headers = describeOurs(kept, { commandId, isChanged });
    this.#options.changeHeaders?.(headers);
    this.#lastWords = lastWordsOf(lastWords, head);
    this.#head = { statusCode, headers };
    if (longRunning || !isChanged) this.#sendHead();
    if (longRunning) answer.flushHeaders();
  }

  onData(chunk: Buffer, last: boolean): void {
    if (this.#over) return;
    this.#turnBytes += chunk.length * this.#weight;
    if (this.#turnBytes >= TURN_BYTES && !last) this.#waitForTurn();
    const transform = this.#transform;
    if (transform === undefined) {
      if (last && this.#cutting === undefined) this.#passLast(chunk);
      else this.#take(chunk, chunk);
      return;
    }
    try {
      const pieces = transform.push(chunk);
      if (last && this.#cutting === undefined) this.#passRest([...pieces, ...transform.end()]);
      else this.#takeTransformed(pieces, chunk);
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  onEnd(): void {
    if (this.#over || this.#ending) return;
    try {
      this.#passRest(this.#transform?.end() ?? []);
    } catch (error) {
      this.#fail(asError(error));
    }
  }

  onError(error: Error): void {
    if (!this.#over) this.#fail(upstreamFailure(error, this.#options.connection));
  }

  /**
   * Ends the call: a JSON watch with a last frame that says why, at the next frame boundary; any other answer abruptly, so
   * that no client takes it for complete, a log behind a last line that says why.
   */
  cut(reason: CutReason): void {
    if (this.#over || this.#cutting !== undefined) return;
    if (this.#statusCode === 0) {
      this.#refuse(new CallCut(reason));
      return;
    }
    this.#cutting = reason;
    if (this.#lastWords === undefined || this.#ending) {
      this.#destroy(reason);
      return;
    }
    if (this.#lastWords.atBoundary) this.#endWith(this.#lastWords, reason);
    else this.#cutIn(CUT_MS, () => this.#destroy(reason));
  }

  #sendHead(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    const { request, answer } = this.#options;
    // An answer that did not wait for the body: what is left of it is read and dropped, then the connection ends.
    answer.writeHead(head.statusCode, head.headers, !request.complete);
    this.#statusCode = head.statusCode;
  }

  /** @returns false when the answer cannot be let through at all */
  #openTransform(head: AnswerHead): boolean {
    try {
      this.#transform = this.#options.transform?.(head);
      if (this.#transform !== undefined) this.#weight = LOOKED_INTO;
      return true;
    } catch (error) {
      this.#refuse(asError(error));
      return false;
    }
  }

  #openTap(head: AnswerHead): void {
    this.#tap = this.#options.tap?.(head);
    this.#tap?.onDrain(() => this.#gate.goOn('record'));
  }

  #isOver(): boolean {
    return this.#over;
  }

  /** The pieces may be parts of the chunk: it is free when the last of them was sent. */
  #takeTransformed(pieces: readonly Uint8Array[], chunk: Uint8Array): void {
    const last = pieces.length - 1;
    if (last < 0) this.#gate.giveBack(chunk);
    pieces.forEach((piece, index) => {
      if (!this.#isOver()) this.#take(piece, index === last ? chunk : undefined);
    });
  }

  /** @param lent - what nobody reads any more when this was sent */
  #take(chunk: Uint8Array, lent: Uint8Array | undefined): void {
    if (this.#cutting === undefined) {
      this.#pass(chunk, lent);
      return;
    }
    const words = this.#lastWords;
    const rest = words?.restOfFrame(chunk);
    this.#pass(rest ?? chunk, lent);
    if (words !== undefined && rest !== undefined) this.#endWith(words, this.#cutting);
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
    this.#options.answer.destroy();
    this.#end({ outcome: 'upstream_failed', reason: codeOf(refusal) });
  }

  #pass(chunk: Uint8Array, lent: Uint8Array | undefined): void {
    this.#sendHead();
    this.#responseBytes += chunk.length;
    this.#lastWords?.pass(chunk);
    if (this.#tap?.push(chunk) === false) this.#gate.wait('record');
    if (this.#write(chunk, lent)) return;
    this.#gate.wait('client');
    this.#waits();
  }

  #waits(): void {
    this.#stall ??= new StallWatch(STALLED_MS, () => this.#destroy('client_too_slow'));
    this.#stall.waits();
  }

  #write(chunk: Uint8Array, lent: Uint8Array | undefined): boolean {
    const { answer } = this.#options;
    if (lent === undefined || lent.length < WORTH_GIVING_BACK) return answer.write(chunk);
    return answer.write(chunk, (error) => {
      if (error === undefined || error === null) this.#gate.giveBack(lent);
    });
  }

  /** All that there is, and then the end. */
  #passRest(pieces: readonly Uint8Array[]): void {
    const [first] = pieces;
    if (this.#head !== undefined && first !== undefined) {
      const whole = pieces.length === 1 ? first : Buffer.concat(pieces);
      this.#head.headers['content-length'] = String(whole.length);
      this.#passLast(whole);
      return;
    }
    for (const piece of pieces.slice(0, -1)) if (!this.#over) this.#take(piece, undefined);
    if (this.#over) return;
    const last = pieces.at(-1);
    if (last === undefined) this.#finish(undefined);
    else if (this.#cutting === undefined) this.#passLast(last);
    else {
      this.#take(last, undefined);
      if (!this.#isOver()) this.#finish(undefined);
    }
  }

  #passLast(chunk: Uint8Array): void {
    this.#responseBytes += chunk.length;
    this.#tap?.push(chunk);
    this.#finish(chunk);
  }

  #finish(chunk: Uint8Array | undefined): void {
    const { request, answer } = this.#options;
    this.#sendHead();
    this.#ending = true;
    if (this.#responseBytes > WATCHED_BYTES) this.#waits();
    answer.end(chunk, () => this.#end({ outcome: 'completed' }));
    if (!request.complete) request.discardBody(MAX_BODY_BYTES);
  }

  #onDrain(): void {
    if (this.#over) return;
    if (!this.#ending) this.#stall?.read();
    this.#gate.goOn('client');
  }

  /** What passes is worked off in pieces, also what a filter takes out. */
  #waitForTurn(): void {
    const { turns, agent } = this.#options;
    if (this.#gate.waitsFor('turn')) return;
    if (!turns.shared) {
      this.#turnBytes = 0;
      return;
    }
    this.#gate.wait('turn');
    const { issuer, subject } = agent;
    turns.wait(`${issuer} ${subject}`, () => this.#onTurn());
  }

  #onTurn(): void {
    this.#turnBytes = 0;
    if (!this.#over) this.#gate.goOn('turn');
  }

  #endWith(words: LastWords, reason: CutReason): void {
    const { answer, commandId } = this.#options;
    const destroy = () => answer.destroy();
    const said = words.say({ ...cuts[reason], code: reason, commandId });
    this.#responseBytes += said.length;
    if (words.completes) answer.end(said);
    else answer.write(said, destroy);
    this.#end({ outcome: 'cut', reason });
    // The client may not be reading; its connection ends in any case.
    this.#cutIn(CUT_MS, destroy);
    answer.on('close', () => clearTimeout(this.#cutTimer));
  }

  #destroy(reason: CutReason): void {
    this.#options.answer.destroy();
    this.#end({ outcome: 'cut', reason });
  }

  #refuse(error: Error): void {
    this.#over = true;
    this.#stopTimers();
    this.#reject(error);
    this.#gate.abort();
  }

  #end(outcome: Pick<CallOutcome, 'outcome' | 'reason'>): void {
    if (this.#over) return;
    this.#over = true;
    this.#stopTimers();
    this.#resolve({
      ...outcome,
      statusCode: this.#statusCode,
      requestBytes: this.#requestBytes,
      responseBytes: this.#responseBytes,
      ...maskedIn(this.#transform),
    });
    if (outcome.outcome !== 'completed') this.#gate.abort();
  }

  #stopTimers(): void {
    this.#stall?.stop();
    clearTimeout(this.#cutTimer);
  }

  #cutIn(delayMs: number, then: () => void): void {
    clearTimeout(this.#cutTimer);
    this.#cutTimer = setTimeout(then, delayMs);
    this.#cutTimer.unref();
  }
}
