import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';

/** One upgraded connection as the cluster has it. */
export interface ClusterSide {
  readonly request: IncomingMessage;
  readonly socket: Duplex;
  /** Every byte that came behind the handshake. */
  readonly received: () => Buffer;
  /** The peer has ended or lost the connection. */
  readonly ended: () => boolean;
}

/** What the cluster answers an upgrade with: bytes of an HTTP answer. */
export type Handshake = (request: IncomingMessage) => string;

/** A TLS server in the place of an API server, on whose upgraded connections a test says what it likes. */
export interface FakeCluster {
  readonly address: string;
  readonly certificateAuthority: string;
  readonly sides: ClusterSide[];
  /** Requests that were no upgrades. */
  readonly plain: IncomingMessage[];
  handshake: Handshake;
  /** The newest connection, once there is one more than `before`. */
  side(before?: number): Promise<ClusterSide>;
  close(): Promise<void>;
}

const accept = (key: unknown) =>
  createHash('sha1')
    .update(`${String(key)}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`)
    .digest('base64');

/** A handshake as an API server answers it. */
export const goodHandshake: Handshake = ({ headers }) => {
  const { upgrade } = headers;
  const lines = [
    'HTTP/1.1 101 Switching Protocols',
    'Connection: Upgrade',
    `Upgrade: ${String(upgrade)}`,
  ];
  if (upgrade === 'websocket') {
    const offered = String(headers['sec-websocket-protocol']).split(', ');
    lines.push(`Sec-WebSocket-Accept: ${accept(headers['sec-websocket-key'])}`);
    lines.push(`Sec-WebSocket-Protocol: ${String(offered[0])}`);
  } else {
    const offered = String(headers['x-stream-protocol-version']).split(', ');
    lines.push(`X-Stream-Protocol-Version: ${String(offered[0])}`);
  }
  return `${lines.join('\r\n')}\r\n\r\n`;
};

export async function startFakeCluster(): Promise<FakeCluster> {
  const authority = await createCertificateAuthority('fake cluster');
  const { certificate, key } = await authority.issueServer(['127.0.0.1']);
  const sides: ClusterSide[] = [];
  const plain: IncomingMessage[] = [];
  const server = createServer({ cert: certificate, key }, (request, response) => {
    plain.push(request);
    response.end('{}');
  });
  const cluster: FakeCluster = {
    address: '',
    certificateAuthority: authority.certificate,
    sides,
    plain,
    handshake: goodHandshake,
    side: (before = 0) =>
      eventually(() => {
        const side = sides.at(-1);
        if (side === undefined || sides.length <= before) throw new Error('no connection yet');
        return side;
      }),
    close: () =>
      new Promise((resolve) => {
        for (const { socket } of sides) socket.destroy();
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  server.on('upgrade', (request, socket: Duplex, head: Buffer) => {
    const chunks = [head];
    let ended = false;
    socket.on('data', (chunk: Buffer) => chunks.push(chunk));
    socket.on('error', () => undefined);
    for (const event of ['end', 'close']) socket.on(event, () => (ended = true));
    sides.push({ request, socket, received: () => Buffer.concat(chunks), ended: () => ended });
    socket.write(cluster.handshake(request));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return Object.assign(cluster, {
    address: `https://127.0.0.1:${(server.address() as AddressInfo).port}`,
  });
}
