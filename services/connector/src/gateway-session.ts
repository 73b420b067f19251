import {
  constants,
  performServerHandshake,
  type IncomingHttpHeaders,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { TLSSocket } from 'node:tls';
import {
  CLUSTER_AUTHORITY,
  guardSession,
  PEERS_HEADER,
  PEERS_PATH,
  readPeers,
} from '@drawbridge/connector-link';
import type { ClusterAddress } from './cluster-address.js';
import type { CoveredSession } from './coverage.js';
import { openTunnel } from './open-tunnel.js';

/** Per stream: what a gateway far away needs so that a large list is not held up by the way there and back. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
/** Node counts what waits in a session in megabytes, and takes no stream beyond. */
const SESSION_MEMORY_MB = 256;

export interface GatewaySessionOptions {
  readonly socket: TLSSocket;
  readonly gateway: string;
  readonly peers: readonly string[];
  readonly cluster: ClusterAddress;
  readonly maxStreams: number;
  /** It drains, or knows of other gateways than before. */
  readonly onChange: () => void;
}

/** One connection to a gateway, whose streams become connections to the API server. */
export class GatewaySession implements CoveredSession {
  readonly gateway: string;
  /** Resolves with why, in our words. */
  readonly ended: Promise<string>;
  readonly #options: GatewaySessionOptions;
  readonly #session: ServerHttp2Session;
  #peers: readonly string[];
  #streams = 0;

  constructor(options: GatewaySessionOptions) {
    const { socket, gateway, peers, maxStreams } = options;
    this.#options = options;
    this.gateway = gateway;
    this.#peers = peers;
    const session = performServerHandshake(socket, {
      maxHeaderListPairs: 16,
      maxSessionMemory: SESSION_MEMORY_MB,
      maxSessionInvalidFrames: 10,
      maxSettings: 16,
      // The gateway resets a stream for every call that is given up.
      streamResetBurst: 10_000,
      streamResetRate: 1_000,
      settings: {
        maxConcurrentStreams: maxStreams,
        initialWindowSize: STREAM_WINDOW_BYTES,
        maxHeaderListSize: 8_192,
      },
    });
    this.#session = session;
    this.ended = endOf(session);
    session.on('stream', (stream, headers) => this.#onStream(stream, headers));
    session.on('goaway', () => options.onChange());
    if (!session.destroyed) session.setLocalWindowSize(STREAM_WINDOW_BYTES * 16);
    guardSession(session, socket);
  }

  get peers(): readonly string[] {
    return this.#peers;
  }

  get draining(): boolean {
    return this.#session.closed || this.#session.destroyed;
  }

  get streams(): number {
    return this.#streams;
  }

  /** New streams go elsewhere; ends when the last one has ended, or at `withinMs`. */
  async drain(withinMs: number): Promise<void> {
    this.#session.close();
    const timer = setTimeout(() => this.#session.destroy(), withinMs);
    await this.ended;
    clearTimeout(timer);
  }

  #onStream(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): void {
    stream.on('error', ignore);
    if (headers[':method'] === 'CONNECT' && headers[':authority'] === CLUSTER_AUTHORITY) {
      this.#streams += 1;
      stream.once('close', () => (this.#streams -= 1));
      openTunnel(stream, this.#options.cluster);
    } else if (headers[':method'] === 'POST' && headers[':path'] === PEERS_PATH) {
      this.#onPeers(stream, readPeers(headers[PEERS_HEADER]));
    } else {
      refuse(stream, 403);
    }
  }

  #onPeers(stream: ServerHttp2Stream, peers: readonly string[] | undefined): void {
    if (peers === undefined) {
      refuse(stream, 400);
      return;
    }
    stream.respond({ ':status': 204 }, { endStream: true });
    stream.resume();
    this.#peers = peers;
    this.#options.onChange();
  }
}

function endOf(session: ServerHttp2Session): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let reason = 'closed';
  session.on('error', (error: Error) => {
    reason = error.message;
  });
  session.once('close', () => resolve(reason));
  return promise;
}

function refuse(stream: ServerHttp2Stream, status: number): void {
  stream.respond({ ':status': status }, { endStream: true });
  stream.close(constants.NGHTTP2_NO_ERROR);
}

const ignore = () => undefined;
