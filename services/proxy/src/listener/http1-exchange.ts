import type { Duplex, Readable } from 'node:stream';
import type { AnnouncedBody, RequestHeaders } from '../domain/request-headers.js';
import type {
  AnswerHeaders,
  ClientAnswer,
  ClientRequest,
  ClientUpgrade,
} from './client-exchange.js';
import type { ClientConnection } from './client-connection.js';
import type { Http1Connection } from './http1-connections.js';
import type { Http1Message, Http1Response, ResponseEnd } from './http1-message.js';
import { headerLines, wholeAnswer } from './whole-answer.js';

/** A request that Node's HTTP/1.1 parser read. Looks into Node's own object, copies nothing. */
export class Http1Request implements ClientRequest {
  constructor(
    private readonly request: Http1Message,
    readonly connection: ClientConnection,
  ) {}

  get method(): string {
    return this.request.method ?? '';
  }

  get target(): string {
    return this.request.url ?? '';
  }

  get httpVersion(): ClientRequest['httpVersion'] {
    const { httpVersionMajor, httpVersionMinor } = this.request;
    return httpVersionMajor === 1 && httpVersionMinor === 1 ? '1.1' : '1.0';
  }

  get rawHeaders(): readonly string[] {
    return this.request.rawHeaders;
  }

  get headers(): RequestHeaders {
    return this.request.index;
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }

  get announced(): AnnouncedBody | undefined {
    return this.headers.announced;
  }

  get body(): Readable {
    return this.request;
  }

  get complete(): boolean {
    return this.request.complete;
  }

  discardBody(maxBytes: number): void {
    let left = maxBytes;
    this.request.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.request.destroy();
    });
    // Whoever read it before may have left it paused.
    this.request.resume();
  }
}

/** A body up to this size leaves together with its head. */
const MAX_JOINED_BYTES = 8_192;

/** Of an answer of which nothing has been sent. */
interface UnsentHead {
  readonly statusCode: number;
  readonly headers: AnswerHeaders;
}

/** The answer to a request over HTTP/1.1. */
export class Http1Answer implements ClientAnswer, ResponseEnd {
  /** Times at which it was found written, but not sent. */
  unsentLooks = 0;
  #switched = false;
  #head: UnsentHead | undefined;
  #headed = false;
  #awaitsContinue = false;
  #ended = false;
  #awaitsDrain = false;
  #onSent: (() => void) | undefined;
  #onDrain: (() => void) | undefined;
  readonly #onClose: (() => void)[] = [];

  /** @param connection - absent: of no matter, since Node has given it up as HTTP */
  constructor(
    private readonly response: Http1Response,
    private readonly connection?: Http1Connection,
  ) {
    response.tell(this);
  }

  /** The client sends its body only when it is told to, or else whenever it likes: then nothing can follow the answer. */
  awaitContinue(): void {
    this.#awaitsContinue = true;
  }

  get headersSent(): boolean {
    return this.#switched || this.#headed;
  }

  get destroyed(): boolean {
    return this.response.destroyed;
  }

  /** All of it was written. */
  get ended(): boolean {
    return this.#ended;
  }

  writeContinue(): void {
    this.#awaitsContinue = false;
    this.response.writeContinue();
  }

  writeHead(statusCode: number, headers: AnswerHeaders, close = false): void {
    if (this.headersSent) throw new TypeError('this call is answered already');
    if (close || this.#awaitsContinue) this.response.shouldKeepAlive = false;
    this.#head = { statusCode, headers };
    this.#headed = true;
  }

  flushHeaders(): void {
    this.#begin();
    this.response.flushHeaders();
  }

  write(chunk: Uint8Array | string, onSent?: (error?: Error | null) => void): boolean {
    this.#begin();
    const goOn = this.response.write(chunk, onSent);
    if (!goOn && !this.#awaitsDrain) {
      this.#awaitsDrain = true;
      this.response.on('drain', () => this.#onDrain?.());
    }
    return goOn;
  }

  end(chunk?: Uint8Array | string, onSent?: () => void): void {
    this.#onSent = onSent;
    this.#ended = true;
    if (chunk !== undefined && chunk.length <= MAX_JOINED_BYTES && this.#endWhole(bytesOf(chunk)))
      return;
    this.#begin();
    if (chunk === undefined) this.response.end();
    else this.response.end(chunk);
  }

  /** From here on Node frames the body. */
  #begin(): void {
    const head = this.#head;
    if (head === undefined) return;
    this.#head = undefined;
    this.response.writeHead(
      head.statusCode,
      head.headers as Record<string, string | number | string[]>,
    );
  }

  /** @returns false when it is not for us to send */
  #endWhole(body: Buffer): boolean {
    const { response } = this;
    const head = this.#head;
    if (head === undefined || response.req.method === 'HEAD' || !hasBody(head, body)) return false;
    return response.sendWhole(wholeAnswer(head.statusCode, head.headers, body));
  }

  destroy(): void {
    this.response.destroy();
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    if (event === 'close') this.#onClose.push(listener);
    else this.#onDrain = listener;
  }

  /** The connection carries something else now: there is nothing left to answer. */
  markSwitched(): void {
    this.#switched = true;
  }

  closed(sent: boolean): void {
    this.connection?.settle(this);
    if (sent) this.#onSent?.();
    for (const listener of this.#onClose) listener();
  }
}

/** That body, and no other framing but its length. */
function hasBody({ statusCode, headers }: UnsentHead, { length }: Buffer): boolean {
  if (statusCode < 200 || statusCode === 204 || statusCode === 304) return false;
  const said = headers['content-length'];
  return said === undefined || Number(said) === length;
}

function bytesOf(chunk: Uint8Array | string): Buffer {
  if (Buffer.isBuffer(chunk)) return chunk;
  if (typeof chunk === 'string') return Buffer.from(chunk);
  return Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength);
}

/** A connection that Node has given up as HTTP, with an answer that may still refuse it. */
export class Http1Upgrade implements ClientUpgrade {
  constructor(
    readonly socket: Duplex,
    readonly head: Buffer,
    private readonly answer: Http1Answer,
  ) {}

  switchProtocols(headers: AnswerHeaders): void {
    if (this.answer.headersSent) throw new TypeError('this upgrade is answered already');
    this.answer.markSwitched();
    this.socket.write(`HTTP/1.1 101 Switching Protocols\r\n${headerLines(headers)}\r\n`);
  }
}
