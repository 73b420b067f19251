import { IncomingMessage, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';
import { RequestHeaders } from '../domain/request-headers.js';
import { http1ConnectionOf } from './http1-connections.js';

/** A request whose headers are read once, by us: see `headers` below. */
export class Http1Message extends IncomingMessage {
  #index: RequestHeaders | undefined;
  #forNode: HeadersForNode | undefined;

  get index(): RequestHeaders {
    const known = this.#index;
    if (known !== undefined) return known;
    const connection = http1ConnectionOf(this.socket);
    this.#index = connection?.headersOf(this.rawHeaders) ?? new RequestHeaders(this.rawHeaders);
    return this.#index;
  }

  get headersForNode(): HeadersForNode {
    return (this.#forNode ??= headersForNode(this.index));
  }
}

/**
 * Those headers that Node's server asks for. It would read all of them a second time for these; and only whether
 * the last two are there.
 */
interface HeadersForNode {
  readonly host: string | undefined;
  readonly expect: string | undefined;
  'content-length'?: string;
  'transfer-encoding'?: string;
}

// Not a getter of the class: Node has an accessor there, of which its types say that it is a property.
Object.defineProperty(Http1Message.prototype, 'headers', {
  get(this: Http1Message) {
    return this.headersForNode;
  },
});

function headersForNode(index: RequestHeaders): HeadersForNode {
  const headers: HeadersForNode = { host: index.value('host'), expect: index.value('expect') };
  const length = index.value('content-length');
  const coding = index.value('transfer-encoding');
  if (length !== undefined) headers['content-length'] = length;
  if (coding !== undefined) headers['transfer-encoding'] = coding;
  return headers;
}

/** Whoever wants to know how a response ended. */
export interface ResponseEnd {
  /** @param sent - all of it was handed to the operating system */
  closed(sent: boolean): void;
}

/** A response that tells one object of its end, where listeners would have to be made anew for every call. */
export class Http1Response<
  Request extends IncomingMessage = IncomingMessage,
> extends ServerResponse<Request> {
  #toTell: ResponseEnd | undefined;
  #sent = false;

  tell(end: ResponseEnd): void {
    this.#toTell = end;
    this.on('error', ignore);
    this.on('close', tellClosed);
  }

  /**
   * Sends all of the response in one piece, past Node's own making of heads and bodies, which costs more than the rest of
   * a listener's work for a call. Node takes it from there: it hears that the response is finished, as it does of others.
   *
   * @returns false when another response has its turn on the connection, or the connection is to end with this one
   */
  sendWhole(bytes: Buffer): boolean {
    const { socket } = this;
    if (socket === null || !this.shouldKeepAlive) return false;
    socket.write(bytes, (error) => {
      if (error === undefined || error === null) this.emit('finish');
    });
    return true;
  }

  /** Node calls it when all of the response has been sent, and no sooner. */
  override detachSocket(socket: Socket): void {
    this.#sent = true;
    super.detachSocket(socket);
  }

  tellClosed(): void {
    this.#toTell?.closed(this.#sent);
  }
}

function tellClosed(this: Http1Response): void {
  this.tellClosed();
}

const ignore = () => undefined;
