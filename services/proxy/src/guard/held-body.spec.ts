import { PassThrough } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Exchange } from '../chain/exchange.js';
import { CallRefused } from '../domain/call-refused.js';
import { readBody } from './held-body.js';

const MEGABYTE = 1024 * 1024;

const ends: (() => void)[] = [];

function call(awaitsContinue = false) {
  const body = new PassThrough({ highWaterMark: 16 * MEGABYTE });
  const writeContinue = vi.fn();
  const exchange = { request: { body }, answer: { writeContinue }, awaitsContinue, ends };
  return { body, writeContinue, exchange: exchange as unknown as Exchange };
}

/** Of all calls so far. */
function endAll(): void {
  for (const end of ends.splice(0)) end();
}

describe('a body that is looked at', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    endAll();
    vi.useRealTimers();
  });

  it('is read whole, and asked for when the client waits to be told', async () => {
    const { body, exchange, writeContinue } = call(true);
    const read = readBody(exchange);
    body.write('{"a":');
    body.end('1}');
    expect((await read).toString()).toBe('{"a":1}');
    expect(writeContinue).toHaveBeenCalledOnce();
  });

  it('may be empty, and over before anybody reads it', async () => {
    const { body, exchange } = call();
    body.end();
    body.resume();
    await vi.waitUntil(() => body.readableEnded);
    expect((await readBody(exchange)).length).toBe(0);
  });

  it('T24 is at most as long as a body may be', async () => {
    const { body, exchange } = call();
    const read = readBody(exchange);
    body.end(Buffer.alloc(3 * MEGABYTE + 1));
    await expect(read).rejects.toMatchObject({ code: 'body_too_large' });
  });

  it('T24 must arrive in time', async () => {
    const { exchange } = call();
    const read = expect(readBody(exchange)).rejects.toMatchObject({ code: 'request_timeout' });
    await vi.advanceTimersByTimeAsync(30_000);
    await read;
  });

  it('T24 is one of so many at the same time, until their calls are over', async () => {
    const calls = Array.from({ length: 86 }, () => call());
    const codes = await Promise.all(
      calls.map(async ({ body, exchange }) => {
        const read = readBody(exchange);
        body.end(Buffer.alloc(3 * MEGABYTE));
        try {
          await read;
          return 'read';
        } catch (error) {
          return error instanceof CallRefused ? error.code : 'failed';
        }
      }),
    );
    expect(codes.filter((code) => code === 'too_many_calls')).toHaveLength(1);
    endAll();
    const { body, exchange } = call();
    const read = readBody(exchange);
    body.end('later');
    expect((await read).toString()).toBe('later');
  });

  it('that breaks off is none', async () => {
    const { body, exchange } = call();
    const read = readBody(exchange);
    body.write('half');
    body.destroy();
    await expect(read).rejects.toMatchObject({ code: 'malformed_request' });
  });
});
