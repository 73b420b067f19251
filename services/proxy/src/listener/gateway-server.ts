import { ServerResponse, type IncomingMessage } from 'node:http';
import { createServer, type Server } from 'node:https';
import type { Duplex } from 'node:stream';
import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import type { Exchange, Handler } from '../chain/exchange.js';
import { Http1Answer, Http1Request, Http1Upgrade } from './http1-exchange.js';
import { limitConnections } from './connection-limits.js';
import { refuseUnparsed, refuseExpectation } from './refuse-unparsed.js';
import type { ServerCertificate } from './server-certificate.js';

export interface GatewayOptions {
  readonly certificate: ServerCertificate;
  readonly handle: Handler<Exchange>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly maxConnections: number;
  readonly maxConnectionsPerAddress: number;
}

export interface GatewayServer {
  readonly server: Server;
  /** Ends every connection at once, those included on which no handshake was finished. */
  readonly endConnections: () => void;
}

/** Longer than the 90 s for which Go clients keep idle connections, so that we are not the ones to close. */
const KEEP_ALIVE_MS = 120_000;

/**
 * The TLS listener: HTTP/1.1 by Node's strict parser, with the limits that keep slow and greedy clients from
 * costing others. Every way in which Node hands over a request ends in `handle`.
 */
export function gatewayServer(options: GatewayOptions): GatewayServer {
  const server = createServer({
    ...options.certificate,
    minVersion: 'TLSv1.2',
    ALPNProtocols: ['http/1.1'],
    handshakeTimeout: 10_000,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    connectionsCheckingInterval: 2_000,
    keepAliveTimeout: KEEP_ALIVE_MS,
    maxHeaderSize: 256 * 1024,
    insecureHTTPParser: false,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
  server.maxConnections = options.maxConnections;
  const endConnections = limitConnections(server, options.maxConnectionsPerAddress);
  answerEverything(server, options);
  return { server, endConnections };
}

/** Ways in which Node hands over a request, or gives up on one. */
function answerEverything(server: Server, options: GatewayOptions): void {
  /** The newest answer that is owed on a connection: the last one to be sent. */
  const answering = new WeakMap<Duplex, ServerResponse>();
  const secured = new WeakSet<Duplex>();
  server.on('secureConnection', (socket) => secured.add(socket));
  const handle = (request: IncomingMessage, response: ServerResponse, how: How = plain) => {
    request.on('error', ignore);
    response.on('error', ignore);
    answering.set(request.socket, response);
    response.once('close', () => {
      if (answering.get(request.socket) === response) answering.delete(request.socket);
    });
    const receivedAt = options.clock();
    const answer = new Http1Answer(response);
    const answered = options.handle({
      commandId: uuidV7(receivedAt),
      receivedAt,
      request: new Http1Request(request),
      answer,
      upgrade: how.head && new Http1Upgrade(request.socket, how.head, answer),
      awaitsContinue: how.awaitsContinue,
      facts: {},
    });
    answered.catch((error: unknown) => {
      options.logger.error({ msg: 'a call was not answered', err: error });
      response.destroy();
    });
  };
  server.on('request', (request, response) => handle(request, response));
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

/** In which way Node handed over a request. */
interface How {
  readonly awaitsContinue: boolean;
  /** Bytes behind a request for another protocol. */
  readonly head?: Buffer;
}
const plain: How = { awaitsContinue: false };
const awaiting: How = { awaitsContinue: true };
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
