import { constants, type OutgoingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import type { Readable } from 'node:stream';
import { bodyAnnouncedBy } from '../domain/request-headers.js';
import type { AnnouncedBody, RequestHeaders } from '../domain/request-headers.js';
import type { ClientConnection } from './client-connection.js';
import type { AnswerHeaders, ClientAnswer, ClientRequest } from './client-exchange.js';

/** A request over HTTP/2: pseudo headers taken out, `:authority` put where HTTP/1.1 has it. */
export class Http2Request implements ClientRequest {
  readonly method: string;
  readonly target: string;
  readonly httpVersion = '2.0';
  readonly rawHeaders: readonly string[];
  readonly headers: RequestHeaders;
  readonly announced: AnnouncedBody | undefined;
  /** The client waits for `100 Continue` before it sends the body. */
  readonly awaitsContinue: boolean;

  /** @param raw - name, value, … as nghttp2 left them: pseudo headers first, each once */
  constructor(
    private readonly stream: ServerHttp2Stream,
    raw: readonly string[],
    readonly connection: ClientConnection,
  ) {
    const head = readHead(raw);
    this.method = head.method;
    this.target = targetOf(head);
    this.rawHeaders = head.rawHeaders;
    this.headers = connection.headersOf(head.rawHeaders);
    const { endAfterHeaders } = stream;
    const length = this.headers.value('content-length');
    this.announced = endAfterHeaders ? undefined : bodyAnnouncedBy(length, true);
    this.awaitsContinue = this.headers.value('expect')?.toLowerCase() === '100-continue';
  }

  get remoteAddress(): string {
    return this.connection.remoteAddress;
  }

  get body(): Readable {
    return this.stream;
  }

  get complete(): boolean {
    return this.stream.endAfterHeaders || this.stream.readableEnded || this.stream.destroyed;
  }

  discardBody(maxBytes: number): void {
    let left = maxBytes;
    this.stream.on('data', (chunk: Buffer) => {
      left -= chunk.length;
      if (left < 0) this.stream.destroy(new Error('too long a body for an answer given already'));
    });
    // Whoever read it before may have left it paused.
    this.stream.resume();
  }
}

interface Head {
  method: string;
  scheme: string;
  authority: string;
  path: string;
  rawHeaders: string[];
}

function readHead(raw: readonly string[]): Head {
  const rawHeaders: string[] = [];
  const head = { method: '', scheme: '', authority: '', path: '', rawHeaders };
  for (let index = 0; index < raw.length; index += 2) {
    const name = raw[index] ?? '';
    const value = raw[index + 1] ?? '';
    if (name.startsWith(':')) takePseudo(head, name, value);
    else takeHeader(head, name, value);
  }
  if (head.authority !== '') rawHeaders.push('host', head.authority);
  return head;
}

function takePseudo(head: Head, name: string, value: string): void {
  if (name === ':method') head.method = value;
  else if (name === ':scheme') head.scheme = value;
  else if (name === ':authority') head.authority = value;
  else if (name === ':path') head.path = value;
}

/** A `host` that says the same as `:authority` says nothing; another one is a second host, and refused as such. */
function takeHeader(head: Head, name: string, value: string): void {
  if (name === 'host' && value === head.authority) return;
  head.rawHeaders.push(name, value);
}

/** What HTTP/1.1 would have as its target: of CONNECT the authority, of another scheme the absolute form. */
function targetOf({ method, scheme, authority, path }: Head): string {
  if (method === 'CONNECT') return authority;
  return scheme === 'https' ? path : `${scheme}://${authority}${path}`;
}

/**
 * The answer on one HTTP/2 stream. Node throws out of `respond` once a client has reset its stream, and whoever
 * does not catch that ends the process: so every method looks first.
 */
export class Http2Answer implements ClientAnswer {
  /** When the last of the answer was written, by `performance.now()`; 0 before. */
  endedAtMs = 0;
  #bodyless = false;
  #onSent: (() => void) | undefined;

  constructor(
    private readonly stream: ServerHttp2Stream,
    private readonly isHead: boolean,
  ) {}

  get headersSent(): boolean {
    return this.stream.headersSent;
  }

  get destroyed(): boolean {
    return this.stream.destroyed || this.stream.closed;
  }

  writeContinue(): void {
    if (this.destroyed || this.headersSent) return;
    this.stream.additionalHeaders({ ':status': constants.HTTP_STATUS_CONTINUE });
  }

  writeHead(statusCode: number, headers: AnswerHeaders): void {
    if (this.destroyed) return;
    const head: OutgoingHttpHeaders = { ':status': statusCode };
    for (const name in headers) head[name] = headerValue(headers[name]);
    this.#bodyless = this.isHead || statusCode === 204 || statusCode === 304;
    this.stream.respond(head, { endStream: this.#bodyless });
  }

  /** The head has left already: HTTP/2 does not wait for the body with it. */
  flushHeaders(): void {
    return;
  }

  write(chunk: Uint8Array | string, onSent?: (error?: Error | null) => void): boolean {
    if (this.#bodyless || this.destroyed) return true;
    return this.stream.write(chunk, onSent);
  }

  end(chunk?: Uint8Array | string, onSent?: () => void): void {
    if (this.destroyed) return;
    this.endedAtMs = performance.now();
    this.#onSent = onSent;
    if (this.stream.writableFinished) queueMicrotask(() => this.#sent());
    else this.stream.once('finish', () => this.#sent());
    if (!this.#bodyless) this.stream.end(chunk);
  }

  /** By an error, and not by `close`: that would put the mark of a complete answer before the reset. */
  destroy(): void {
    if (!this.stream.destroyed) this.stream.destroy(new Error('the answer was broken off'));
  }

  on(event: 'drain' | 'close', listener: () => void): void {
    if (event === 'drain') this.stream.on(event, listener);
    else this.stream.on(event, () => this.#closed(listener));
  }

  /** Of a request with a body Node never says that the answer is finished, only that both sides are closed. */
  #closed(listener: () => void): void {
    if (this.stream.rstCode === constants.NGHTTP2_NO_ERROR) this.#sent();
    listener();
  }

  #sent(): void {
    const onSent = this.#onSent;
    this.#onSent = undefined;
    onSent?.();
  }
}

/** A NUL would end the header where nghttp2 is given it, and what follows would be read as another one. */
function headerValue(value: AnswerHeaders[string] | undefined): string | string[] {
  if (typeof value === 'object') return value.map(plainText);
  return plainText(String(value ?? ''));
}

function plainText(value: string): string {
  if (/[^\t\x20-\xff]/.test(value)) throw new TypeError('a header of the answer is no plain text');
  return value;
}
