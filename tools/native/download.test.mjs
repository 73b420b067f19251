import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { test } from 'node:test';
import { scratchDirectory } from '../testing/fake-programs.mjs';
import { download } from './download.mjs';

const body = 'a release';
const sha256 = createHash('sha256').update(body).digest('hex');

/**
 * @param {import('node:test').TestContext} t
 * @param {import('node:http').RequestListener} listener
 * @returns {Promise<string>} URL
 */
async function serve(t, listener) {
  const server = createServer(listener);
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  t.after(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return `http://127.0.0.1:${port}/release`;
}

test('a file with the pinned checksum is kept', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, (_request, response) => response.end(body));
  await download(url, { file, sha256 });
  assert.equal(readFileSync(file, 'utf8'), body);
});

test('a redirect, as GitHub answers, is followed', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, (request, response) => {
    if (request.url === '/asset') response.end(body);
    else response.writeHead(302, { location: '/asset' }).end();
  });
  await download(url, { file, sha256 });
  assert.equal(readFileSync(file, 'utf8'), body);
});

test('a file with another checksum is refused and removed', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, (_request, response) => response.end('a tampered release'));
  const actual = createHash('sha256').update('a tampered release').digest('hex');
  await assert.rejects(download(url, { file, sha256 }), {
    message: `${url}: checksum mismatch: expected sha256 ${sha256}, got ${actual}`,
  });
  assert.equal(existsSync(file), false);
});

test('an error of the server is told', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, (_request, response) => response.writeHead(404).end('not here'));
  await assert.rejects(download(url, { file, sha256 }), { message: `${url}: HTTP 404` });
  assert.equal(existsSync(file), false);
});

test('a server that does not answer is given up', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, () => {});
  await assert.rejects(download(url, { file, sha256, answerMs: 50 }), {
    message: `${url}: no answer within 0.05 s`,
  });
});

test('a server that stops half-way is given up, and the half is removed', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, (_request, response) => response.write('a rel'));
  await assert.rejects(download(url, { file, sha256, stallMs: 50 }), {
    message: `${url}: nothing came for 0.05 s`,
  });
  assert.equal(existsSync(file), false);
});

test('an endless file is given up', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = await serve(t, (_request, response) => response.end('x'.repeat(100)));
  await assert.rejects(download(url, { file, sha256, maxBytes: 10 }), {
    message: `${url}: larger than 10 bytes`,
  });
});

test('no network is told in one line', async (t) => {
  const file = join(scratchDirectory(t), 'file');
  const url = 'http://127.0.0.1:1/release';
  await assert.rejects(download(url, { file, sha256 }), (error) => {
    assert.match(String(error), /^Error: http:\/\/127\.0\.0\.1:1\/release: [^\n]+$/);
    return true;
  });
});
