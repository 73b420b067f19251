import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { boundedFetch } from '../src/bounded-fetch.js';

let server: Server;
let base: string;

beforeAll(async () => {
  server = createServer((request, response) => {
    if (request.url === '/redirect') {
      response.writeHead(302, { location: '/echo' }).end();
    } else if (request.url === '/large') {
      response.end('x'.repeat(101));
    } else if (request.url === '/nothing') {
      response.writeHead(204).end();
    } else if (request.url === '/switch') {
      request.socket.write(
        'HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n',
      );
    } else if (request.url === '/echo') {
      void text(request).then((body) => response.end(`${request.method ?? ''} ${body}`));
    }
    // Anything else is never answered.
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

const loopback = { allowInsecureHttp: true, timeoutMs: 30_000 };

it('sends what it is given, and gives back what came', async () => {
  const answer = await boundedFetch(`${base}/echo`, { ...loopback, method: 'POST', body: 'hello' });
  expect(await answer.text()).toBe('POST hello');
});

it('takes an answer without a body', async () => {
  expect((await boundedFetch(`${base}/nothing`, loopback)).status).toBe(204);
});

it('follows no redirect', async () => {
  expect((await boundedFetch(`${base}/redirect`, loopback)).status).toBe(302);
});

it.each([
  ['an answer that is too large', '/large', { ...loopback, maxBytes: 100 }, 'answer_too_large'],
  ['an answer that does not come', '/silent', { ...loopback, timeoutMs: 50 }, 'no_answer'],
  ['a server that changes the protocol', '/switch', loopback, 'no_answer'],
  ['plain http unless that is said', '/echo', {}, 'address_refused'],
])('refuses %s', async (...[, path, options, reason]) => {
  await expect(boundedFetch(`${base}${path}`, options)).rejects.toMatchObject({ reason });
});
