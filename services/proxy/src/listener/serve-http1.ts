import { ServerResponse, type IncomingMessage } from 'node:http';
import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ClientAnswer, ClientRequest, ClientUpgrade } from './client-exchange.js';
import { Http1Answer, Http1Request, Http1Upgrade } from './http1-exchange.js';
import { refuseExpectation, refuseUnparsed } from './refuse-unparsed.js';

/** Takes one call, in whatever protocol it came, and answers it. */
export type TakeCall = (call: ClientCall) => void;

export interface ClientCall {
  readonly request: ClientRequest;
  readonly answer: ClientAnswer;
  readonly upgrade: ClientUpgrade | undefined;
  readonly awaitsContinue: boolean;
}

/** In which way Node handed over a request. */
interface How {
  readonly awaitsContinue: boolean;
  /** Bytes behind a request for another protocol. */
  readonly head?: Buffer;
}
const plain: How = { awaitsContinue: false };
const awaiting: How = { awaitsContinue: true };

/** Every way in which Node's HTTP/1.1 parser hands over a request, or gives up on one, ends in an answer. */
export function serveHttp1(server: Server, take: TakeCall): void {
  /** The newest answer that is owed on a connection: the last one to be sent. */
  const answering = new WeakMap<Duplex, ServerResponse>();
  const secured = new WeakSet<Duplex>();
  server.on('secureConnection', (socket) => secured.add(socket));
  const behind = new Pipelined();
  const handle = (message: IncomingMessage, response: ServerResponse, how: How) => {
    message.on('error', ignore);
    response.on('error', ignore);
    if (answering.has(message.socket) && !behind.add(message.socket, response)) return;
    answering.set(message.socket, response);
    response.once('close', () => {
      if (answering.get(message.socket) === response) answering.delete(message.socket);
    });
    const answer = new Http1Answer(response);
    take({
      request: new Http1Request(message),
      answer,
      upgrade: how.head && new Http1Upgrade(message.socket, how.head, answer),
      awaitsContinue: how.awaitsContinue,
    });
  };
  server.on('request', (request, response) => handle(request, response, plain));
  server.on('checkContinue', (request, response) => handle(request, response, awaiting));
  server.on('checkExpectation', refuseExpectation);
  // Behind a call that is not answered yet there is no room for another answer, and nobody would read it.
  server.on('upgrade', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const response = responseOnce(request, socket);
    if (response === undefined) socket.destroy();
    else handle(request, response, { awaitsContinue: false, head });
  });
  server.on('connect', (_request, socket: Duplex) => {
    if (answering.has(socket)) socket.destroy();
    else refuseUnparsed(socket, 'method_not_supported');
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    // https reports failed handshakes here too: on such a socket nothing can be said, and `end` would wait for ever.
    if (!secured.has(socket)) socket.destroy();
    // One request gets one answer: when ours is on its way, the rest of what came is not worth another.
    else if (answering.get(socket)?.headersSent === true) socket.end(() => socket.destroy());
    else refuseUnparsed(socket, refusalOfParser[error.code ?? ''] ?? 'malformed_request');
  });
}

/** No client of Kubernetes sends a request before it has the answer to the one before; others get a little room. */
const MAX_PIPELINED = 8;

/** Calls behind one that is not answered yet. They are under way already, while their answers wait. */
class Pipelined {
  readonly #waiting = new WeakMap<Duplex, number>();

  /** @returns false when it is one too many, or came on a connection that had one too many: it ends */
  add(socket: Duplex, response: ServerResponse): boolean {
    const waiting = this.#waiting.get(socket) ?? 0;
    if (waiting >= MAX_PIPELINED || socket.destroyed) {
      socket.destroy();
      return false;
    }
    this.#waiting.set(socket, waiting + 1);
    response.once('close', () => {
      this.#waiting.set(socket, (this.#waiting.get(socket) ?? 1) - 1);
    });
    return true;
  }
}

const ignore = () => undefined;

const refusalOfParser: Readonly<Record<string, 'headers_too_large' | 'request_timeout'>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

/**
 * A response for a request whose connection Node has given up as HTTP. Whatever the answer is, the connection
 * ends with it: bytes that came behind the request are never read (CVE-2018-1002105).
 *
 * @returns `undefined` while another answer has the connection, be it ours or one that Node gives by itself
 */
function responseOnce(request: IncomingMessage, socket: Duplex): ServerResponse | undefined {
  const response = new ServerResponse(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => socket.destroy());
  try {
    response.assignSocket(request.socket);
  } catch {
    return undefined;
  }
  response.once('finish', () => {
    response.detachSocket(request.socket);
    socket.end(() => socket.destroy());
  });
  return response;
}
