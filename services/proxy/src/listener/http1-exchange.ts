import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex, Readable } from 'node:stream';
import { bodyAnnouncedBy, type AnnouncedBody } from '../domain/request-head.js';
import { RequestHeaders } from '../domain/request-headers.js';
import type {
  AnswerHeaders,
  ClientAnswer,
  ClientRequest,
  ClientUpgrade,
} from './client-exchange.js';

/** A request that Node's HTTP/1.1 parser read. Looks into Node's own object, copies nothing. */
export class Http1Request implements ClientRequest {
  #headers: RequestHeaders | undefined;

  constructor(private readonly request: IncomingMessage) {}

  get method(): string {
    return this.request.method ?? '';
  }

  get target(): string {
    return this.request.url ?? '';
  }

  get httpVersion(): ClientRequest['httpVersion'] {
    const { httpVersion } = this.request;
    return httpVersion === '1.1' ? '1.1' : '1.0';
  }

  get rawHeaders(): readonly string[] {
    return this.request.rawHeaders;
  }

  get headers(): RequestHeaders {
    return (this.#headers ??= new RequestHeaders(this.request.rawHeaders));
  }

  get remoteAddress(): string {
    return this.request.socket.remoteAddress ?? '';
  }

  get announced(): AnnouncedBody | undefined {
    const coded = this.headers.value('transfer-encoding') !== undefined;
    return bodyAnnouncedBy(this.headers.value('content-length'), coded);
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

/** Larger bodies are written as they are. */
const MAX_JOINED = 8_192;

/** The answer to a request over HTTP/1.1. */
export class Http1Answer implements ClientAnswer {
  #switched = false;
  /** Some of the answer has been written, its head at least. */
  #begun = false;

  constructor(private readonly response: ServerResponse) {}

  get headersSent(): boolean {
    return this.#switched || this.response.headersSent;
  }

  get destroyed(): boolean {
    return this.response.destroyed;
  }

  writeContinue(): void {
    this.response.writeContinue();
  }

  writeHead(statusCode: number, headers: AnswerHeaders, close = false): void {
    if (close) this.response.shouldKeepAlive = false;
    this.response.writeHead(statusCode, headers as Record<string, string | number | string[]>);
  }

  flushHeaders(): void {
    this.#begun = true;
    this.response.flushHeaders();
  }

  write(chunk: Uint8Array | string, onSent?: (error?: Error | null) => void): boolean {
    this.#begun = true;
    return this.response.write(chunk, onSent);
  }

  end(chunk?: Uint8Array | string, onSent?: () => void): void {
    if (chunk instanceof Buffer && chunk.length <= MAX_JOINED && !this.#begun) {
      // As text, byte for byte: Node joins that with the head, which saves a second piece of every small answer.
      this.response.end(chunk.toString('latin1'), 'latin1', onSent);
      return;
    }
    this.response.end(chunk, onSent);
  }

  destroy(): void {
    this.response.destroy();
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    this.response.on(event, listener);
  }

  /** The connection carries something else now: there is nothing left to answer. */
  markSwitched(): void {
    this.#switched = true;
  }
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

function headerLines(headers: AnswerHeaders): string {
  let lines = '';
  for (const [name, value] of Object.entries(headers)) {
    for (const line of typeof value === 'object' ? value : [value]) {
      const text = String(line);
      if (/[^\t\x20-\xff]/.test(text)) throw new TypeError(`no header value: ${name}`);
      lines += `${name}: ${text}\r\n`;
    }
  }
  return lines;
}
