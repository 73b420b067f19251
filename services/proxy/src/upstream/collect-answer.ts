import { CallRefused } from '../domain/call-refused.js';
import { headerValue } from '../domain/request-head.js';
import type { ClientAnswer } from '../listener/client-exchange.js';
import type {
  PreparedUpstream,
  UpstreamFlow,
  UpstreamListener,
  UpstreamRequest,
} from './upstream.js';

/** An answer of the cluster that the gateway itself reads, whole. */
export interface WholeAnswer {
  readonly statusCode: number;
  /** name, value, name, value, … */
  readonly rawHeaders: readonly string[];
  readonly body: Buffer;
}

export interface CollectLimits {
  /** How long the whole answer may take. */
  readonly answerMs: number;
  /** How long its body may be. */
  readonly maxBytes: number;
  /** For whom it is: an answer that nobody waits for any more is given up. */
  readonly waitsFor?: Pick<ClientAnswer, 'destroyed' | 'on'>;
}

/**
 * Sends a request and takes the answer in whole. What is over a limit is given up at once, and its socket with it:
 * an answer that says itself that it is too long before its first byte was read.
 *
 * @throws {@link CallRefused} `upstream_timeout`, `upstream_failed` over a limit, `request_timeout` when nobody waits
 *   any more; whatever else is for `upstreamFailure`
 */
export function collectAnswer(
  upstream: Pick<PreparedUpstream, 'send'>,
  request: UpstreamRequest,
  limits: CollectLimits,
): Promise<WholeAnswer> {
  const collector = new Collector(limits.maxBytes);
  const timer = setTimeout(() => collector.giveUp(tooLate()), limits.answerMs);
  const { waitsFor } = limits;
  if (waitsFor?.destroyed === true) collector.giveUp(gone());
  waitsFor?.on('close', () => collector.giveUp(gone()));
  try {
    if (!collector.isOver) collector.follow(upstream.send(request, collector));
  } catch (error) {
    collector.onError(error instanceof Error ? error : new Error('the call could not be sent'));
  }
  return collector.whole.finally(() => clearTimeout(timer));
}

const gone = () => new CallRefused('request_timeout', 'the client has left');
const tooLate = () => new CallRefused('upstream_timeout', 'the cluster did not answer in time');
const tooLong = () => new CallRefused('upstream_failed', 'the answer of the cluster is too long');

class Collector implements UpstreamListener {
  readonly whole: Promise<WholeAnswer>;
  readonly #resolve: (answer: WholeAnswer) => void;
  readonly #reject: (error: Error) => void;
  readonly #pieces: Buffer[] = [];
  #flow: UpstreamFlow | undefined;
  #head: Omit<WholeAnswer, 'body'> = { statusCode: 0, rawHeaders: [] };
  #length = 0;
  #isOver = false;
  #isGivenUp = false;

  constructor(private readonly maxBytes: number) {
    const { promise, resolve, reject } = Promise.withResolvers<WholeAnswer>();
    this.whole = promise;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** It may be over before anybody knows what to abort. */
  follow(flow: UpstreamFlow): void {
    this.#flow = flow;
    if (this.#isGivenUp) flow.abort();
  }

  giveUp(why: Error): void {
    if (this.#isOver) return;
    this.#isGivenUp = true;
    this.#flow?.abort();
    this.onError(why);
  }

  onHead(statusCode: number, rawHeaders: readonly string[]): void {
    this.#head = { statusCode, rawHeaders };
    if (Number(headerValue(rawHeaders, 'content-length') ?? 0) > this.maxBytes) {
      this.giveUp(tooLong());
    }
  }

  onData(chunk: Buffer): void {
    if (this.#isOver) return;
    this.#length += chunk.length;
    if (this.#length > this.maxBytes) this.giveUp(tooLong());
    else this.#pieces.push(chunk);
  }

  onEnd(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#resolve({ ...this.#head, body: Buffer.concat(this.#pieces) });
  }

  onError(error: Error): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#pieces.length = 0;
    this.#reject(error);
  }
}
