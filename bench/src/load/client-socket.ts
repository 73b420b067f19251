import { connect as connectPlain, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

export interface SocketTarget {
  readonly origin: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly certificateAuthority: string;
}

/** A connection of its own with one request on it, HTTP/1.1: cheaper than any client, and nothing is retried. */
export function openSocket(target: SocketTarget): Socket {
  const { protocol, port } = new URL(target.origin);
  const at = { host: '127.0.0.1', port: Number(port) };
  const socket =
    protocol === 'https:'
      ? connectTls({ ...at, servername: 'localhost', ca: target.certificateAuthority })
      : connectPlain(at);
  socket.once(protocol === 'https:' ? 'secureConnect' : 'connect', () => {
    const headers = Object.entries({ host: 'localhost', ...target.headers });
    const lines = headers.map(([name, value]) => `${name}: ${value}`);
    socket.write([`GET ${target.path} HTTP/1.1`, ...lines, '\r\n'].join('\r\n'));
  });
  return socket;
}

/** `HTTP/1.1 200 OK` to 200. */
export const statusOf = (firstBytes: Buffer): number =>
  Number(firstBytes.toString('latin1', 9, 12));
