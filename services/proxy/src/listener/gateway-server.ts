import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import { uuidV7 } from '@drawbridge/runtime';
import type { Exchange, Handler } from '../chain/exchange.js';
import type { ConnectionCounter } from '../limits/connection-counter.js';
import { Http1Connections } from './http1-connections.js';
import { Http1Message, Http1Response } from './http1-message.js';
import { limitConnections } from './connection-limits.js';
import { Http2Sessions, type Http2Limits } from './http2-sessions.js';
import { serveHttp1, type Http1Server, type TakeCall } from './serve-http1.js';
import type { ServerCertificate } from './server-certificate.js';
import { tlsTerms } from './tls-terms.js';

export interface GatewayOptions {
  readonly certificate: ServerCertificate;
  readonly handle: Handler<Exchange>;
  readonly clock: Clock;
  readonly logger: LoggerService;
  readonly connections: ConnectionCounter;
  /** PEM; whoever has a certificate of it may show it. */
  readonly clientAuthority?: string;
  /** 48 bytes, the same for all workers: a session begun with one is resumed with another. */
  readonly ticketKeys: Buffer;
  /** Further protocols on the same port, by the name that a client chooses in its handshake. */
  readonly protocols?: Readonly<Record<string, (socket: TLSSocket) => void>>;
  readonly http2Limits?: Http2Limits;
}

export interface GatewayServer {
  readonly server: Http1Server;
  /** Tells every client that new calls belong elsewhere, and ends connections without a call. */
  readonly drain: () => void;
  /** Ends every connection at once, those included on which no handshake was finished. */
  readonly endConnections: () => void;
}

/** Longer than the 90 s for which Go clients keep idle connections, so that we are not the ones to close. */
const KEEP_ALIVE_MS = 120_000;

/**
 * The TLS listener: HTTP/2 and HTTP/1.1 on one port, each by Node's strict parser, with the limits that keep slow
 * and greedy clients from costing others. Every way in which Node hands over a request ends in `handle`.
 */
export function gatewayServer(options: GatewayOptions): GatewayServer {
  const protocols = options.protocols ?? {};
  const server = createServer({
    IncomingMessage: Http1Message,
    ServerResponse: Http1Response,
    ...options.certificate,
    ...clientCertificates(options.clientAuthority),
    ...tlsTerms,
    ticketKeys: options.ticketKeys,
    ALPNProtocols: ['h2', 'http/1.1', ...Object.keys(protocols)],
    handshakeTimeout: 10_000,
    headersTimeout: 15_000,
    requestTimeout: 60_000,
    connectionsCheckingInterval: 2_000,
    // Http1Connections looks after idle ones.
    keepAliveTimeout: 0,
    // A request that announces no body has none: no stream is set up for it.
    optimizeEmptyRequests: true,
    maxHeaderSize: 256 * 1024,
    insecureHTTPParser: false,
    noDelay: true,
    keepAlive: true,
    keepAliveInitialDelay: 30_000,
  });
  const endConnections = limitConnections(server, options.connections);
  const take = takeCall(options);
  const sessions = new Http2Sessions((request, answer) => {
    take({ request, answer, upgrade: undefined, awaitsContinue: request.awaitsContinue });
  }, options.http2Limits);
  const connections = new Http1Connections(KEEP_ALIVE_MS);
  serveHttp1(server, connections, take);
  byProtocol(server, connections, { ...protocols, h2: (socket) => sessions.accept(socket) });
  const drain = () => {
    server.closeIdleConnections();
    sessions.drain();
  };
  server.once('close', () => {
    sessions.stop();
    connections.stop();
  });
  return { server, drain, endConnections };
}

/** Asked for, never demanded: most clients have none, and only a grant that is bound to a key wants one. */
const clientCertificates = (ca: string | undefined) =>
  ca === undefined ? {} : { ca, requestCert: true, rejectUnauthorized: false };

/** Node's own listener, which speaks HTTP/1.1, gets only the connections that chose no other protocol. */
function byProtocol(
  server: Http1Server,
  connections: Http1Connections,
  protocols: Readonly<Record<string, (socket: TLSSocket) => void>>,
): void {
  const [speakHttp1, ...others] = server.listeners('secureConnection');
  if (speakHttp1 === undefined || others.length > 0) throw new TypeError('expected one listener');
  server.removeAllListeners('secureConnection');
  const byName = new Map(Object.entries(protocols));
  server.on('secureConnection', (socket) => {
    const speak = byName.get(String(socket.alpnProtocol));
    if (speak === undefined) {
      connections.add(socket);
      speakHttp1.call(server, socket);
    } else speak(socket);
  });
}

/** Gives every call its id and its time, and hands it to the chain. */
function takeCall({ handle, clock, logger }: GatewayOptions): TakeCall {
  return ({ request, answer, upgrade, awaitsContinue }) => {
    const receivedAt = clock();
    const commandId = uuidV7(receivedAt);
    const call = {
      commandId,
      receivedAt,
      request,
      answer,
      upgrade,
      awaitsContinue,
      facts: {},
      ends: [],
    };
    handle(call).catch((error: unknown) => {
      logger.error({ msg: 'a call was not answered', err: error });
      answer.destroy();
    });
  };
}
