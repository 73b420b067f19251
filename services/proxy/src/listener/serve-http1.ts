import type { Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { ClientAnswer, ClientRequest, ClientUpgrade } from './client-exchange.js';
import { Http1Answer, Http1Request, Http1Upgrade } from './http1-exchange.js';
import { http1ConnectionOf, type Http1Connections } from './http1-connections.js';
import { Http1Response, type Http1Message } from './http1-message.js';
import { refuseExpectation, refuseUnparsed } from './refuse-unparsed.js';

export type Http1Server = Server<typeof Http1Message, typeof Http1Response>;

/** Takes one call, in whatever protocol it came, and answers it. */
export type TakeCall = (call: ClientCall) => void;

export interface ClientCall {
  readonly request: ClientRequest;
  readonly answer: ClientAnswer;
  readonly upgrade: ClientUpgrade | undefined;
  readonly awaitsContinue: boolean;
}

/** Every way in which Node's HTTP/1.1 parser hands over a request, or gives up on one, ends in an answer. */
export function serveHttp1(
  server: Http1Server,
  connections: Http1Connections,
  take: TakeCall,
): void {
  const handle = (message: Http1Message, response: Http1Response, awaitsContinue: boolean) => {
    const connection = http1ConnectionOf(message.socket);
    if (connection === undefined) {
      message.socket.destroy();
      return;
    }
    const answer = new Http1Answer(response, connection);
    if (!connection.owe(answer)) return;
    if (awaitsContinue) answer.awaitContinue();
    const request = new Http1Request(message, connection);
    take({ request, answer, upgrade: undefined, awaitsContinue });
  };
  server.on('request', (request, response) => handle(request, response, false));
  server.on('checkContinue', (request, response) => handle(request, response, true));
  server.on('checkExpectation', refuseExpectation);
  server.on('upgrade', (request, socket, head) => {
    const upgrade = upgradeOf({ request, socket, head }, connections);
    // Behind a call that is not answered yet there is no room for another answer, and nobody would read it.
    if (upgrade === undefined) socket.destroy();
    else take(upgrade);
  });
  server.on('connect', (_request, socket: Duplex) => {
    if (http1ConnectionOf(socket)?.answering === undefined)
      refuseUnparsed(socket, 'method_not_supported');
    else socket.destroy();
  });
  server.on('clientError', (error: NodeJS.ErrnoException, socket) => {
    const connection = http1ConnectionOf(socket);
    // https reports failed handshakes here too: on such a socket nothing can be said, and `end` would wait for ever.
    if (connection === undefined) socket.destroy();
    // One request gets one answer: when ours is on its way, the rest of what came is not worth another.
    else if (connection.answering?.headersSent === true) socket.end(() => socket.destroy());
    else refuseUnparsed(socket, refusalOfParser[error.code ?? ''] ?? 'malformed_request');
  });
}

const refusalOfParser: Readonly<Record<string, 'headers_too_large' | 'request_timeout'>> = {
  HPE_HEADER_OVERFLOW: 'headers_too_large',
  ERR_HTTP_REQUEST_TIMEOUT: 'request_timeout',
};

interface Upgrading {
  readonly request: Http1Message;
  readonly socket: Duplex;
  /** Bytes behind the request. */
  readonly head: Buffer;
}

/** @returns `undefined` while another answer has the connection, be it ours or one that Node gives by itself */
function upgradeOf(
  { request, socket, head }: Upgrading,
  connections: Http1Connections,
): ClientCall | undefined {
  const connection = http1ConnectionOf(request.socket);
  const response = responseOnce(request, socket);
  if (connection === undefined || response === undefined) return undefined;
  connections.release(connection);
  const answer = new Http1Answer(response);
  // For good: nothing else is ever answered here.
  connection.owe(answer);
  return {
    request: new Http1Request(request, connection),
    answer,
    upgrade: new Http1Upgrade(request.socket, head, answer),
    awaitsContinue: false,
  };
}

/**
 * A response for a request whose connection Node has given up as HTTP. Whatever the answer is, the connection
 * ends with it: bytes that came behind the request are never read (CVE-2018-1002105).
 */
function responseOnce(request: Http1Message, socket: Duplex): Http1Response | undefined {
  const response = new Http1Response(request);
  response.shouldKeepAlive = false;
  socket.on('error', () => socket.destroy());
  try {
    response.assignSocket(request.socket);
  } catch {
    return undefined;
  }
  response.once('finish', () => {
    response.detachSocket(request.socket);
    response.tellClosed();
    socket.end(() => socket.destroy());
  });
  return response;
}
