import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { streamOf, whileTaken } from './while-taken.js';

let ended = 0;
async function* lines(): AsyncGenerator<string, void> {
  try {
    for (;;) yield await Promise.resolve('x'.repeat(65_536));
  } finally {
    ended += 1;
  }
}

beforeEach(() => {
  ended = 0;
});
afterEach(() => {
  vi.useRealTimers();
});

it('passes everything on to whoever takes it, however late', async () => {
  vi.useFakeTimers();
  const giveUp = vi.fn();
  const taken = whileTaken(lines(), giveUp, 1_000);
  for (let n = 0; n < 5; n += 1) {
    expect(await taken.next()).toMatchObject({ done: false });
    vi.advanceTimersByTime(999);
  }
  expect(giveUp).not.toHaveBeenCalled();
  vi.advanceTimersByTime(1);
  expect(giveUp).toHaveBeenCalledOnce();
  await taken.return();
  expect(ended).toBe(1);
});

it('lets go of a reader that reads nothing', async () => {
  const over = Promise.withResolvers<undefined>();
  const server = createServer((_request, response: ServerResponse) => {
    const source = Readable.from(
      whileTaken(lines(), () => response.destroy(), 50),
      { objectMode: false },
    );
    response.once('close', () => source.destroy());
    source.once('close', () => over.resolve(undefined));
    source.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const reader = connect(port, '127.0.0.1').on('error', () => undefined);
  reader.pause();
  reader.write('GET / HTTP/1.1\r\nHost: x\r\n\r\n');
  await over.promise;
  expect(ended).toBe(1);
  reader.destroy();
  server.close();
});

it('lets go of a stream of which nobody has taken anything', async () => {
  const stream = await streamOf(lines(), () => undefined);
  stream.destroy();
  await vi.waitFor(() => expect(ended).toBe(1));
});

it('passes on the first line and all behind it', async () => {
  const stream = await streamOf(some('a', 'b', 'c'), () => undefined);
  expect(await text(stream)).toBe('abc');
  expect(await text(await streamOf(some(), () => undefined))).toBe('');
});

it('fails before there is a stream when the first line cannot be read', async () => {
  const broken = failing();
  await expect(streamOf(broken, () => undefined)).rejects.toThrow('no line');
});

async function* some(...all: string[]): AsyncGenerator<string, void> {
  for (const line of all) yield await Promise.resolve(line);
}

async function* failing(): AsyncGenerator<string, void> {
  yield await Promise.reject<string>(new Error('no line'));
}
