import type { Duplex } from 'node:stream';
import type { AnswerHead } from './answer-head.js';
import { AnswerParser, type AnswerEvents } from './answer-parser.js';
import { UpstreamFault } from './upstream-fault.js';
import type { UpgradeAnswer } from './upstream.js';

/** As much of an ordinary answer as anybody reads of a refused upgrade. */
const MAX_BODY_BYTES = 65_536;

/**
 * Asks for another protocol on a connection that carries nothing else, before or after: it is handed over with a
 * 101, and ends with any other answer.
 *
 * @throws {@link UpstreamFault}, or the reason of `signal`
 */
export function openUpgrade(
  stream: Duplex,
  head: string,
  signal: AbortSignal,
): Promise<UpgradeAnswer> {
  const asking = new UpgradeRequest(stream, signal);
  stream.write(head, 'latin1');
  return asking.answer.promise;
}

class UpgradeRequest implements AnswerEvents {
  readonly answer = Promise.withResolvers<UpgradeAnswer>();
  readonly #parser = new AnswerParser(this);
  #head: AnswerHead | undefined;
  readonly #chunks: Buffer[] = [];
  #size = 0;

  constructor(
    private readonly stream: Duplex,
    private readonly signal: AbortSignal,
  ) {
    this.#parser.begin({ head: false, upgrade: true });
    stream.on('data', this.#onData);
    stream.on('end', this.#onEnd);
    stream.on('error', this.#onError);
    stream.on('close', this.#onEnd);
    signal.addEventListener('abort', this.#onAbort, { once: true });
    if (signal.aborted) this.#onAbort();
  }

  onAnswerHead(head: AnswerHead): void {
    this.#head = head;
    if (head.statusCode === 101) this.#parser.stop();
  }

  onAnswerData(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#size += chunk.length;
    if (this.#size < MAX_BODY_BYTES) return;
    this.#parser.stop();
    this.#refused();
  }

  onAnswerEnd(): void {
    if (this.#head?.statusCode !== 101) this.#refused();
  }

  readonly #onData = (chunk: Buffer): void => {
    try {
      const used = this.#parser.push(chunk);
      if (this.#head?.statusCode === 101) this.#switched(this.#head, chunk.subarray(used));
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #onEnd = (): void => {
    try {
      this.#parser.end();
      if (this.#head === undefined) throw new UpstreamFault('broken', 'closed');
    } catch (error) {
      this.#fail(error);
    }
  };

  readonly #onError = (error: Error): void =>
    this.#fail(new UpstreamFault('broken', 'the connection broke off', { cause: error }));
  readonly #onAbort = (): void => this.#fail(this.signal.reason);

  #switched({ rawHeaders }: AnswerHead, head: Buffer): void {
    this.#leave();
    this.stream.pause();
    this.answer.resolve({ switched: true, rawHeaders, socket: this.stream, head });
  }

  #refused(): void {
    const { statusCode = 0, rawHeaders = [] } = this.#head ?? {};
    this.#end();
    const body = Buffer.concat(this.#chunks).subarray(0, MAX_BODY_BYTES);
    this.answer.resolve({ switched: false, statusCode, rawHeaders, body });
  }

  #fail(error: unknown): void {
    this.#end();
    this.answer.reject(
      error instanceof Error ? error : new Error('not upgraded', { cause: error }),
    );
  }

  #end(): void {
    this.#leave();
    this.#parser.stop();
    this.stream.on('error', () => undefined);
    this.stream.destroy();
  }

  #leave(): void {
    const { stream } = this;
    this.signal.removeEventListener('abort', this.#onAbort);
    stream.off('data', this.#onData).off('end', this.#onEnd);
    stream.off('error', this.#onError).off('close', this.#onEnd);
  }
}
