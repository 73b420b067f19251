import {
  connect,
  constants,
  type ClientHttp2Session,
  type ClientHttp2Stream,
  type IncomingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import type { TLSSocket } from 'node:tls';
import {
  CLUSTER_AUTHORITY,
  guardSession,
  PEERS_HEADER,
  PEERS_PATH,
} from '@drawbridge/connector-link';
import { UpstreamFault } from '../upstream/upstream-fault.js';

/** Per stream, so that a stream that nobody reads holds this much and no more. */
const STREAM_WINDOW_BYTES = 1024 * 1024;
const SESSION_MEMORY_MB = 64;
const sessionOptions = {
  maxHeaderListPairs: 16,
  maxSessionMemory: SESSION_MEMORY_MB,
  maxSessionInvalidFrames: 10,
  maxSettings: 16,
  settings: {
    enablePush: false,
    initialWindowSize: STREAM_WINDOW_BYTES,
    maxHeaderListSize: 8_192,
  },
} as const;
/** A connector that does not even say its settings by then speaks something else. */
const SETTINGS_MS = 5_000;

/** The connector, or the way to it, failed: not the cluster. Another connector may do better. */
export class ConnectorGone extends UpstreamFault {
  constructor(why: string, options: ErrorOptions = {}) {
    super('unreachable', `the connector: ${why}`, options);
  }
}

export interface ConnectorSessionOptions {
  readonly socket: TLSSocket;
  readonly connection: string;
  /** What the connector calls itself. */
  readonly name: string;
  /** Of the token by which it came in. */
  readonly tokenDigest: string;
  /** Streams are taken from now on, or not any more. */
  readonly onChange: () => void;
}

/**
 * One connection that a connector has made. We are its HTTP/2 client, though it is the one that has called: it
 * gets no way to ask us anything.
 */
export class ConnectorSession {
  readonly connection: string;
  readonly name: string;
  readonly tokenDigest: string;
  /** Resolves with why, in our words. */
  readonly ended: Promise<string>;
  readonly #session: ClientHttp2Session;
  #ready = false;
  #draining = false;
  #streams = 0;

  constructor({ socket, connection, name, tokenDigest, onChange }: ConnectorSessionOptions) {
    this.connection = connection;
    this.name = name;
    this.tokenDigest = tokenDigest;
    const createConnection = () => socket;
    const session = connect('https://connector', { ...sessionOptions, createConnection });
    this.#session = session;
    this.ended = endOf(session);
    const late = setTimeout(() => session.destroy(new Error('no settings')), SETTINGS_MS);
    session.once('close', () => clearTimeout(late));
    session.once('remoteSettings', () => {
      clearTimeout(late);
      session.setLocalWindowSize(STREAM_WINDOW_BYTES * 16);
      this.#ready = true;
      onChange();
    });
    session.once('goaway', () => {
      this.#draining = true;
      onChange();
    });
    guardSession(session, socket);
  }

  /** Takes another stream. */
  get usable(): boolean {
    const { closed, destroyed, remoteSettings } = this.#session;
    if (!this.#ready || this.#draining || closed || destroyed) return false;
    return this.#streams < (remoteSettings.maxConcurrentStreams ?? Infinity);
  }

  get draining(): boolean {
    return this.#draining;
  }

  get streams(): number {
    return this.#streams;
  }

  /**
   * A connection to the API server, on which nothing has been said yet.
   *
   * @throws {@link ConnectorGone}, {@link UpstreamFault}, or the reason of `signal`
   */
  open(signal: AbortSignal): Promise<Duplex> {
    signal.throwIfAborted();
    const stream = this.#request();
    this.#streams += 1;
    stream.once('close', () => (this.#streams -= 1));
    return opened(stream, signal);
  }

  /** Says which gateways there are. */
  tellPeers(peers: readonly string[]): void {
    if (!this.usable) return;
    const headers = { ':method': 'POST', ':path': PEERS_PATH, [PEERS_HEADER]: peers.join(',') };
    const stream = this.#session.request(headers, { endStream: true });
    stream.on('error', ignore).resume();
  }

  /** Takes no further streams; those under way go on. */
  drain(): void {
    this.#draining = true;
    this.#session.close();
  }

  end(): void {
    this.#session.destroy();
  }

  #request(): ClientHttp2Stream {
    try {
      return this.#session.request({ ':method': 'CONNECT', ':authority': CLUSTER_AUTHORITY });
    } catch (cause) {
      throw new ConnectorGone('its connection has ended', { cause });
    }
  }
}

function opened(stream: ClientHttp2Stream, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const leave = () => {
    signal.removeEventListener('abort', onAbort);
    stream.off('response', onResponse).off('error', onError).off('close', onClose);
  };
  const fail = (error: unknown) => {
    leave();
    stream.on('error', ignore).close(constants.NGHTTP2_CANCEL);
    reject(error instanceof Error ? error : new Error('not connected', { cause: error }));
  };
  const onAbort = () => fail(signal.reason);
  const onError = (cause: Error) => fail(new ConnectorGone('the stream broke', { cause }));
  const onClose = () => fail(new ConnectorGone('the stream ended'));
  const onResponse = (headers: IncomingHttpHeaders) => {
    const status = headers[':status'];
    if (Number(status) !== 200) {
      fail(notConnected(Number(status)));
      return;
    }
    leave();
    resolve(stream);
  };
  stream.on('response', onResponse).on('error', onError).on('close', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise;
}

/** The connector is well, but has no connection to its API server. */
const notConnected = (status: number) =>
  status === 504
    ? new UpstreamFault('timeout', 'the connector did not reach the cluster in time')
    : new UpstreamFault('unreachable', `the connector did not reach the cluster: ${status}`);

function endOf(session: ClientHttp2Session): Promise<string> {
  const { promise, resolve } = Promise.withResolvers<string>();
  let reason = 'closed';
  session.on('error', (error: Error) => {
    reason = error.message;
  });
  session.once('close', () => resolve(reason));
  return promise;
}

const ignore = () => undefined;
