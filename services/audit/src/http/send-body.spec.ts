import { once } from 'node:events';
import { createServer } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Response } from 'express';
import { expect, it } from 'vitest';
import { sendBody } from './send-body.js';

async function* pieces(count: number): AsyncGenerator<Buffer> {
  for (let piece = 0; piece < count; piece += 1)
    yield await Promise.resolve(Buffer.alloc(1_048_576));
}
const body = {
  ...{ commandId: '019c0000-0000-7000-8000-000000000001', direction: 'response' as const },
  ...{ connection: 'prod-eks', at: '2026-01-05T09:00:00.000Z', contentType: 'text/plain' },
  ...{ bytes: 4_294_967_296, sha256: '0'.repeat(64), stored: 'objects' as const },
};

it('is broken off for who reads none of it, so that others get their turn', async () => {
  const sent = Promise.withResolvers<undefined>();
  const server = createServer((_, response) => {
    const opened = { body, pieces: pieces(4_096) };
    sendBody(response as unknown as Response, opened, 200).then(
      () => sent.resolve(undefined),
      sent.reject,
    );
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  socket.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  socket.pause();
  await sent.promise;
  socket.destroy();
  server.close();
});

it('is sent whole to who reads it, however long that takes', async () => {
  const server = createServer((_, response) => {
    const opened = { body: { ...body, bytes: 8 * 1_048_576 }, pieces: pieces(8) };
    void sendBody(response as unknown as Response, opened, 5_000);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const answer = await fetch(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
  expect((await answer.arrayBuffer()).byteLength).toBe(8 * 1_048_576);
  server.close();
  server.closeAllConnections();
});
