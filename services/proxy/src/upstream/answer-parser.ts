import { parseAnswerHead, type AnswerHead } from './answer-head.js';
import { ChunkedBody } from './chunked-body.js';
import { HeadBytes } from './head-bytes.js';
import { notHttp, UpstreamFault } from './upstream-fault.js';

/** More of them than any server has reason to send to one call. */
const MAX_INFORMATIONAL = 16;

/** Told of one answer, in this order. May call {@link AnswerParser.stop}. */
export interface AnswerEvents {
  onAnswerHead(head: AnswerHead): void;
  /** @param last - the body is over with this */
  onAnswerData(chunk: Buffer, last: boolean): void;
  onAnswerEnd(): void;
}

/** What the answer is to. */
export interface Asked {
  /** `HEAD`: no body follows. */
  readonly head: boolean;
  /** A 101 is expected; to anything else it is a mistake. */
  readonly upgrade: boolean;
}

type Phase = 'head' | 'length' | 'chunked' | 'until_end' | 'over';

/** Reads answers off a connection, one at a time, in pieces cut anywhere. Knows nothing of sockets. */
export class AnswerParser {
  #phase: Phase = 'over';
  #asked: Asked = { head: false, upgrade: false };
  #started = false;
  #left = 0;
  #informational = 0;
  readonly #head = new HeadBytes();
  readonly #chunked = new ChunkedBody();

  constructor(private readonly events: AnswerEvents) {}

  /** A byte of the answer has come. */
  get started(): boolean {
    return this.#started;
  }

  /** From here on, bytes are of the answer to this. */
  begin(asked: Asked): void {
    this.#phase = 'head';
    this.#asked = asked;
    this.#started = false;
    this.#informational = 0;
    this.#head.clear();
  }

  /** Nothing more is told of this answer. */
  stop(): void {
    this.#phase = 'over';
    this.#head.clear();
  }

  /**
   * Reads on.
   *
   * @param chunk - owned: chunked bodies are moved together in it
   * @returns how much of it was of this answer; less than all of it only when the answer is over
   * @throws {@link UpstreamFault}
   */
  push(chunk: Buffer): number {
    let at = 0;
    if (chunk.length > 0) this.#started = true;
    while (at < chunk.length && this.#phase !== 'over') at = this.#read(chunk, at);
    return at;
  }

  /** The connection has ended. @throws {@link UpstreamFault} when that was too early */
  end(): void {
    if (this.#phase === 'over') return;
    if (this.#phase !== 'until_end') {
      throw new UpstreamFault('broken', 'the connection ended before the answer');
    }
    this.#finish();
  }

  #read(chunk: Buffer, at: number): number {
    switch (this.#phase) {
      case 'head':
        return this.#readHead(chunk, at);
      case 'length':
        return this.#readLength(chunk, at);
      case 'chunked':
        return this.#readChunks(chunk, at);
      case 'until_end':
        this.events.onAnswerData(at === 0 ? chunk : chunk.subarray(at), false);
        return chunk.length;
      case 'over':
        return at;
    }
  }

  #readHead(chunk: Buffer, at: number): number {
    const end = this.#head.push(chunk, at);
    const text = this.#head.take();
    if (text === undefined) return end;
    const head = parseAnswerHead(text, this.#asked.head);
    if (head.statusCode < 200 && !(head.statusCode === 101 && this.#asked.upgrade)) {
      this.#informed(head);
      return end;
    }
    this.#phase = head.framing === 'none' ? 'over' : head.framing;
    this.#left = head.length;
    if (this.#phase === 'chunked') this.#chunked.reset();
    this.events.onAnswerHead(head);
    if (head.framing === 'none') this.events.onAnswerEnd();
    return end;
  }

  #informed({ statusCode, keepAlive }: AnswerHead): void {
    this.#informational += 1;
    if (!keepAlive) throw notHttp('an end of the connection before the answer');
    if (statusCode === 101) throw notHttp('a change of protocol that nobody asked for');
    if (this.#informational > MAX_INFORMATIONAL) throw notHttp('informational answers without end');
  }

  #readLength(chunk: Buffer, at: number): number {
    const end = Math.min(at + this.#left, chunk.length);
    const whole = at === 0 && end === chunk.length;
    this.#left -= end - at;
    const last = this.#left === 0;
    this.events.onAnswerData(whole ? chunk : chunk.subarray(at, end), last);
    if (last) this.#finish();
    return end;
  }

  #readChunks(chunk: Buffer, at: number): number {
    const decoder = this.#chunked;
    const end = decoder.decode(chunk, at);
    const { dataStart, dataEnd, done } = decoder;
    if (dataEnd > dataStart) {
      this.events.onAnswerData(chunk.subarray(dataStart, dataEnd), done);
    }
    if (done) this.#finish();
    return end;
  }

  #finish(): void {
    if (this.#phase === 'over') return;
    this.#phase = 'over';
    this.events.onAnswerEnd();
  }
}
