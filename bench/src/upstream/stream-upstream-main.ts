import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createSecureServer, type Http2ServerRequest, type Http2ServerResponse } from 'node:http2';
import type { Duplex } from 'node:stream';
import { streamNamespaces } from './stream-paths.js';

/*
 * The upstream of the rows that stream: nginx has nothing to stream. It says the same to everybody, so it is cheap,
 * and runs in a process of its own. Arguments: port, certificate file, key file.
 */

const [, , port = '0', certificateFile = '', keyFile = ''] = process.argv;
const TICK_MS = 40;
const FILLING = 'x'.repeat(700);
const event = Buffer.from(
  `${JSON.stringify({
    type: 'MODIFIED',
    object: {
      kind: 'Pod',
      apiVersion: 'v1',
      metadata: { name: 'checkout', namespace: 'payments', resourceVersion: '4711' },
      status: { phase: 'Running', message: FILLING },
    },
  })}\n`,
);
const logChunk = Buffer.from(
  `${'2026-01-05T09:00:00Z GET /checkout 200 '.padEnd(127, '.')}\n`.repeat(32),
);

/** RFC 6455, section 1.3. */
const WEBSOCKET_GUID = '258EAFA5-E914-47DA-95CA-C5AB0DC85B11';
const status = { metadata: {}, kind: 'Status', apiVersion: 'v1', status: 'Success' };
const success = frame(2, Buffer.from(`\u0003${JSON.stringify(status)}`));
const normalClosure = Buffer.from([0x03, 0xe8]);

const busy = new Set<Http2ServerResponse>();

const server = createSecureServer({
  cert: readFileSync(certificateFile),
  key: readFileSync(keyFile),
  allowHTTP1: true,
  minVersion: 'TLSv1.3',
});
server.on('request', answer);
server.on('upgrade', exec);
server.on('sessionError', () => undefined);
server.listen(Number(port), '127.0.0.1');

/** All watches get an event in the same turn, as they do from an API server. */
setInterval(() => {
  for (const response of busy) response.write(event);
}, TICK_MS);

function answer(request: Http2ServerRequest, response: Http2ServerResponse): void {
  const { pathname } = new URL(request.url, 'https://localhost');
  response.on('error', () => undefined);
  // nginx holds back what a proxied server says unless that server asks it not to.
  response.setHeader('x-accel-buffering', 'no');
  if (pathname.endsWith('/log')) {
    writeLog(response);
    return;
  }
  response.setHeader('content-type', 'application/json');
  if (!pathname.endsWith('/pods')) {
    response.end('{}');
    return;
  }
  response.write(event);
  if (!pathname.includes(`/${streamNamespaces.busy}/`)) return;
  busy.add(response);
  response.on('close', () => busy.delete(response));
}

function writeLog(response: Http2ServerResponse): void {
  response.setHeader('content-type', 'text/plain');
  const write = () => {
    while (!response.destroyed && response.write(logChunk));
  };
  response.on('drain', write);
  write();
}

/** Says one word and that all went well, like `exec -- true`; in the idle namespace it waits for ever. */
function exec(request: Http2ServerRequest, socket: Duplex): void {
  socket.on('error', () => socket.destroy());
  socket.on('data', () => undefined);
  socket.on('end', () => socket.end());
  socket.write(switching(String(request.headers['sec-websocket-key'])));
  if (request.url.includes(`/${streamNamespaces.idle}/`)) return;
  socket.write(
    Buffer.concat([frame(2, Buffer.from('\u0001ok\n')), success, frame(8, normalClosure)]),
  );
  socket.end();
}

function switching(key: string): string {
  const accept = createHash('sha1').update(`${key}${WEBSOCKET_GUID}`).digest('base64');
  return [
    'HTTP/1.1 101 Switching Protocols',
    'Upgrade: websocket',
    'Connection: Upgrade',
    `Sec-WebSocket-Accept: ${accept}`,
    'Sec-WebSocket-Protocol: v5.channel.k8s.io',
    '\r\n',
  ].join('\r\n');
}

function frame(opcode: number, payload: Buffer): Buffer {
  return Buffer.concat([Buffer.from([0x80 | opcode, payload.length]), payload]);
}
