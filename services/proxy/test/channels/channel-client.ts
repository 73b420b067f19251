import { randomBytes } from 'node:crypto';
import type { TLSSocket } from 'node:tls';
import { eventually } from '@drawbridge/testing';
import { rawConnection, type RawTarget } from '../raw-call.js';

export interface UpgradeRequest {
  readonly path: string;
  readonly token?: string;
  readonly method?: string;
  readonly transport?: 'websocket' | 'spdy';
  readonly protocols?: readonly string[];
  /** Header lines instead of the usual ones for the transport. */
  readonly lines?: readonly string[];
  /** Bytes right behind the request. */
  readonly early?: Buffer;
}

/** A client that has asked for an upgrade and sees every byte that comes back. */
export interface ChannelClient {
  readonly socket: TLSSocket;
  /** The head of the answer, once it is there. */
  head(): Promise<string>;
  /** Everything behind the head. */
  body(): Buffer;
  readonly ended: Promise<void>;
}

export const webSocketLines = (protocols: readonly string[]): string[] => [
  'Connection: Upgrade',
  'Upgrade: websocket',
  'Sec-WebSocket-Version: 13',
  `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
  `Sec-WebSocket-Protocol: ${protocols.join(', ')}`,
];

export const spdyLines = (protocols: readonly string[]): string[] => [
  'Connection: Upgrade',
  'Upgrade: SPDY/3.1',
  ...protocols.map((name) => `X-Stream-Protocol-Version: ${name}`),
];

export async function channelClient(
  target: RawTarget,
  request: UpgradeRequest,
): Promise<ChannelClient> {
  const { path, token, method = 'GET', transport = 'websocket', early = Buffer.alloc(0) } = request;
  const { protocols = [transport === 'spdy' ? 'v4.channel.k8s.io' : 'v5.channel.k8s.io'] } =
    request;
  const lines =
    request.lines ?? (transport === 'spdy' ? spdyLines(protocols) : webSocketLines(protocols));
  const socket = await rawConnection(target);
  const chunks: Buffer[] = [];
  socket.on('data', (chunk: Buffer) => chunks.push(chunk));
  socket.on('error', () => undefined);
  const ended = new Promise<void>((resolve) => {
    socket.on('close', () => resolve());
  });
  const authorization = token === undefined ? [] : [`Authorization: Bearer ${token}`];
  const head = [
    `${method} ${path} HTTP/1.1`,
    'Host: localhost',
    ...authorization,
    ...lines,
    '',
    '',
  ];
  socket.write(Buffer.concat([Buffer.from(head.join('\r\n')), early]));
  const all = () => Buffer.concat(chunks);
  const headEnd = () => all().indexOf('\r\n\r\n');
  return {
    socket,
    head: () =>
      eventually(() => {
        if (headEnd() === -1) throw new Error('no answer yet');
        return all().toString('latin1', 0, headEnd());
      }),
    body: () => (headEnd() === -1 ? Buffer.alloc(0) : all().subarray(headEnd() + 4)),
    ended,
  };
}
