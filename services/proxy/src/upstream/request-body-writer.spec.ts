import { once } from 'node:events';
import { PassThrough, Readable } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { RequestBodyWriter } from './request-body-writer.js';

const head = 'DELETE / HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n';

/** Sends a body; resolves with what was written once it is over. */
async function written(body: Readable, contentLength?: number): Promise<string> {
  const socket = new PassThrough();
  const request = { method: 'DELETE', target: '/', headers: [], longRunning: false };
  const length = contentLength === undefined ? {} : { contentLength };
  await new Promise<void>((resolve, reject) => {
    const events = { onBodyData: () => undefined, onBodyEnd: resolve, onBodyError: reject };
    new RequestBodyWriter({ ...request, ...length, body }, socket, events).start(head);
  });
  await new Promise((resolve) => setImmediate(resolve));
  return String(socket.read());
}

async function ended(): Promise<Readable> {
  const body = Readable.from([]);
  const end = once(body, 'end');
  body.resume();
  await end;
  return body;
}

describe('RequestBodyWriter', () => {
  it('sends a body in pieces, and its end', async () => {
    const body = Readable.from([Buffer.from('abc'), Buffer.from('de')]);
    expect(await written(body)).toBe(`${head}3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n`);
  });

  it('sends the end of an empty body that has ended already', async () => {
    expect(await written(await ended())).toBe(`${head}0\r\n\r\n`);
  });

  it('says of a body that ended before its announced length that it is too short', async () => {
    await expect(written(await ended(), 5)).rejects.toThrow('shorter than announced');
  });
});
