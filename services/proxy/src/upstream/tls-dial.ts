import { isIP, type OnReadOpts } from 'node:net';
import type { Duplex } from 'node:stream';
import {
  connect,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
  type TLSSocket,
} from 'node:tls';
import type { Endpoint } from '../credentials/cluster-endpoint.js';
import type { ClientTls } from '../credentials/credential.js';
import { UpstreamFault } from './upstream-fault.js';
import type { Dial } from './upstream.js';

const KEEP_ALIVE_MS = 30_000;
/**
 * What comes on any of these connections is decrypted into this, and read before anything else is: so an idle
 * connection has no buffer, and nothing is allocated for what is only looked at.
 */
const incoming = Buffer.allocUnsafeSlow(65_536);

export interface TlsDialOptions {
  readonly endpoint: Endpoint;
  /** The client certificate, when that is how we authenticate. */
  readonly tls: ClientTls | undefined;
  /** Name in the certificate of the server, when that is not its address. */
  readonly serverName: string | undefined;
  /** Opens the byte stream on which TLS is spoken. @default TCP to the configured server */
  readonly connectTo?: Dial | undefined;
  /** What is offered to speak, the first one rather. @default HTTP/1.1 */
  readonly protocols?: readonly string[];
}

/**
 * Opens TLS connections to one configured server with one identity. Sessions are resumed, and only among these:
 * a session carries the certificates of both sides with it, so it ends where they do.
 */
export function tlsDial(options: TlsDialOptions): Dial {
  const { connectTo, protocols = ['http/1.1'] } = options;
  const { hostname, port } = options.endpoint.server;
  const host = hostname.replace(/^\[|\]$/g, '');
  const servername = options.serverName ?? (isIP(host) === 0 ? host : undefined);
  let context: SecureContext | undefined;
  let session: Buffer | undefined;
  return async (signal, read) => {
    signal.throwIfAborted();
    const stream = await connectTo?.(signal);
    context ??= contextOf(options);
    const to: ConnectionOptions & { onread?: OnReadOpts } = {
      ...(stream === undefined ? { port: Number(port || 443) } : { socket: stream }),
      host,
      ...(servername !== undefined && { servername }),
      ...(session !== undefined && { session }),
      ...(read !== undefined && { onread: readingInto(read) }),
      secureContext: context,
      ALPNProtocols: [...protocols],
    };
    const socket = connect(to);
    if (stream !== undefined) endWith(stream, socket);
    socket.setNoDelay(true);
    socket.setKeepAlive(true, KEEP_ALIVE_MS);
    socket.on('session', (made: Buffer) => (session = made));
    try {
      await secured(socket, signal);
    } catch (error) {
      // It may be the session that is not taken any more.
      session = undefined;
      throw error;
    }
    return socket;
  };
}

/** Has no effect on a connection that is made over another stream: that one emits `data`. */
const readingInto = (read: (bytes: Buffer) => void): OnReadOpts => ({
  buffer: incoming,
  callback: (bytes) => {
    read(incoming.subarray(0, bytes));
    return true;
  },
});

/** TLS does not notice by itself when the stream below it is destroyed without an end or an error. */
function endWith(stream: Duplex, socket: TLSSocket): void {
  stream.once('close', () => {
    if (stream.readableEnded) return;
    socket.destroy(new UpstreamFault('broken', 'the way to the cluster ended'));
  });
}

function contextOf({ endpoint, tls }: TlsDialOptions): SecureContext {
  const { certificateAuthority: ca } = endpoint;
  return createSecureContext({
    ...(ca !== undefined && { ca }),
    ...(tls !== undefined && { cert: tls.cert, key: tls.key }),
  });
}

function secured(socket: TLSSocket, signal: AbortSignal): Promise<Duplex> {
  const { promise, resolve, reject } = Promise.withResolvers<Duplex>();
  const onAbort = () => fail(signal.reason);
  const onClose = () => fail(new UpstreamFault('unreachable', 'closed during the handshake'));
  const leave = () => {
    signal.removeEventListener('abort', onAbort);
    socket.off('error', fail).off('close', onClose);
  };
  const fail = (error: unknown) => {
    leave();
    socket.on('error', () => undefined).destroy();
    reject(error instanceof Error ? error : new Error('not connected', { cause: error }));
  };
  socket.once('secureConnect', () => {
    leave();
    resolve(socket);
  });
  socket.once('error', fail).once('close', onClose);
  signal.addEventListener('abort', onAbort, { once: true });
  return promise;
}
