import { once } from 'node:events';
import { connect, type ClientHttp2Session } from 'node:http2';
import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import type { Http2Answer, Http2Request } from '../src/listener/http2-exchange.js';
import { defaultLimits, Http2Sessions } from '../src/listener/http2-sessions.js';
import {
  END_HEADERS,
  frame,
  frameType,
  headersFrame,
  rawHttp2,
  settingsFrame,
  type RawHttp2,
} from './http2-frames.js';
import type { RawTarget } from './raw-call.js';

let certificateAuthority: string;
let server: Server;
let sessions: Http2Sessions;
let target: RawTarget;
let calls: { request: Http2Request; answer: Http2Answer }[] = [];
let client: ClientHttp2Session;

beforeAll(async () => {
  const authority = await createCertificateAuthority('test');
  certificateAuthority = authority.certificate;
  const { certificate: cert, key } = await authority.issueServer(['localhost']);
  server = createServer({ cert, key, ALPNProtocols: ['h2'] }, (socket) => sessions.accept(socket));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  target = { host: '127.0.0.1', port, certificateAuthority };
});

afterAll(() => server.close());

beforeEach(async () => {
  calls = [];
  sessions = new Http2Sessions((request, answer) => calls.push({ request, answer }));
  client = connect(`https://localhost:${target.port}`, { ca: certificateAuthority });
  client.on('error', () => undefined);
  await once(client, 'connect');
  await eventually(() => expect(sessions.size).toBe(1));
});

afterEach(async () => {
  client.destroy();
  sessions.stop();
  await eventually(() => expect(sessions.size).toBe(0));
});

/** As if so much time had gone by. */
const later = (ms: number) => sessions.look(performance.now() + ms);
const get: [string, string][] = [
  [':method', 'POST'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', '/'],
];

describe('T25 an HTTP/2 session', () => {
  it('that brings no call is ended soon', async () => {
    later(defaultLimits.firstCallMs - 1_000);
    expect(client.closed).toBe(false);
    later(defaultLimits.firstCallMs + 1_000);
    await once(client, 'close');
  });

  it('is kept for a while behind its last call', async () => {
    const stream = client.request();
    stream.resume();
    await eventually(() => expect(calls).toHaveLength(1));
    calls[0]?.answer.writeHead(200, {});
    calls[0]?.answer.end('x');
    await once(stream, 'close');
    later(defaultLimits.idleMs - 1_000);
    expect(client.closed).toBe(false);
    later(defaultLimits.idleMs + 1_000);
    await once(client, 'close');
  });

  it('whose client answers PING lives as long as its calls', async () => {
    client.request().on('error', () => undefined);
    await eventually(() => expect(calls).toHaveLength(1));
    const pinged = once(client, 'ping');
    later(31_000);
    await pinged;
    await new Promise<void>((resolve) => client.ping(() => resolve()));
    later(31_000 + defaultLimits.pingMs + 1_000);
    expect(calls[0]?.answer.destroyed).toBe(false);
  });

  it('whose client is gone without a word is ended with its calls', async () => {
    const silent = await rawHttp2(target);
    silent.socket.on('error', () => undefined);
    silent.write(headersFrame(1, get));
    await eventually(() => expect(calls).toHaveLength(1));
    const closed = new Promise<void>((resolve) => calls[0]?.answer.on('close', resolve));
    later(31_000);
    later(31_000 + defaultLimits.pingMs + 1_000);
    await closed;
    await silent.closed;
  });
});

describe('T25 an HTTP/2 session that is old', () => {
  const old = () => later(defaultLimits.maxAgeMs + 1_000);
  const answered = (raw: RawHttp2, stream: number) =>
    raw.frames.some((each) => each.type === frameType.headers && each.stream === stream);

  it('takes new calls up to its age', async () => {
    client.request().on('error', () => undefined);
    await eventually(() => expect(calls).toHaveLength(1));
    later(defaultLimits.maxAgeMs * 0.89);
    client.request().on('error', () => undefined);
    await eventually(() => expect(calls).toHaveLength(2));
    expect(client.closed).toBe(false);
  });

  it('sends its client elsewhere, and answers the calls that it has', async () => {
    const stream = client.request();
    stream.setEncoding('utf8');
    await eventually(() => expect(calls).toHaveLength(1));
    const goaway = once(client, 'goaway');
    old();
    const [code] = (await goaway) as [number];
    expect(code).toBe(0);
    expect(client.closed || client.destroyed).toBe(true);
    calls[0]?.answer.writeHead(200, {});
    calls[0]?.answer.end('all of it');
    expect((await stream.toArray()).join('')).toBe('all of it');
    await eventually(() => expect(sessions.size).toBe(0));
  });

  it('gives nothing more to a client that ignores it, and ends behind its last call', async () => {
    const deaf = await rawHttp2(target);
    deaf.socket.on('error', () => undefined);
    deaf.write(headersFrame(1, get));
    await eventually(() => expect(calls).toHaveLength(1));
    old();
    await eventually(() =>
      expect(deaf.frames.some(({ type }) => type === frameType.goaway)).toBe(true),
    );
    deaf.write(headersFrame(3, get), headersFrame(5, get));
    // What is answered in order behind them says that they were read.
    deaf.write(frame(frameType.ping, { payload: Buffer.alloc(8, 7) }));
    await eventually(() =>
      expect(deaf.frames.some(({ type, flags }) => type === frameType.ping && flags === 1)).toBe(
        true,
      ),
    );
    expect(calls).toHaveLength(1);
    expect(calls[0]?.answer.destroyed).toBe(false);
    calls[0]?.answer.writeHead(200, {});
    calls[0]?.answer.end('x');
    await deaf.closed;
    expect([1, 3, 5].filter((stream) => answered(deaf, stream))).toStrictEqual([1]);
  });

  it('of a client that is gone without a word is ended with its calls', async () => {
    const silent = await rawHttp2(target);
    silent.socket.on('error', () => undefined);
    silent.write(headersFrame(1, get));
    await eventually(() => expect(calls).toHaveLength(1));
    const afterMs = defaultLimits.maxAgeMs + 1_000;
    later(afterMs);
    later(afterMs + defaultLimits.pingMs + 1_000);
    await silent.closed;
  });
});

describe('T25 the streams of an HTTP/2 session', () => {
  it('are 250 at the same time; of more, none is served', async () => {
    const raw = await rawHttp2(target);
    raw.socket.on('error', () => undefined);
    await eventually(() =>
      expect(raw.frames.some(({ type }) => type === frameType.settings)).toBe(true),
    );
    for (let index = 0; index < 251; index += 1) raw.write(headersFrame(index * 2 + 1, get));
    await eventually(() =>
      expect(
        raw.frames.some(({ type, stream }) => type === frameType.reset && stream === 501),
      ).toBe(true),
    );
    expect(calls).toHaveLength(250);
    raw.socket.destroy();
  });
});

describe('T25 a call over HTTP/2', () => {
  it('whose body does not come is ended', async () => {
    const stream = client.request({ ':method': 'POST' }, { endStream: false });
    stream.on('error', () => undefined);
    await eventually(() => expect(calls).toHaveLength(1));
    expect(calls[0]?.request.complete).toBe(false);
    later(defaultLimits.bodyMs - 1_000);
    expect(calls[0]?.answer.destroyed).toBe(false);
    later(defaultLimits.bodyMs + 1_000);
    await eventually(() => expect(stream.destroyed).toBe(true));
    expect(stream.rstCode).not.toBe(0);
  });

  it('whose answer is not read is ended, and everything after it does nothing', async () => {
    const slow: RawHttp2 = await rawHttp2(target, settingsFrame([4, 0]));
    slow.write(headersFrame(1, get));
    await eventually(() => expect(calls).toHaveLength(1));
    const answer = calls[0]?.answer;
    let sent = false;
    answer?.writeHead(200, { 'content-type': 'text/plain' });
    answer?.end('x'.repeat(1_000), () => (sent = true));
    await eventually(() =>
      expect(slow.frames.some(({ type }) => type === frameType.headers)).toBe(true),
    );
    later(defaultLimits.stalledMs + 1_000);
    await eventually(() =>
      expect(slow.frames.some(({ type }) => type === frameType.reset)).toBe(true),
    );
    expect(sent).toBe(false);
    expect(answer?.destroyed).toBe(true);
    answer?.writeHead(200, {});
    answer?.write('x');
    answer?.end('x');
    answer?.destroy();
    slow.socket.destroy();
  });

  it('cannot be given a header that ends in the middle', async () => {
    client.request().on('error', () => undefined);
    await eventually(() => expect(calls).toHaveLength(1));
    expect(() => calls[0]?.answer.writeHead(200, { warning: 'x\0set-cookie\0y' })).toThrow(
      TypeError,
    );
    calls[0]?.answer.destroy();
  });

  it('with a body that nobody wanted is read to a limit only', async () => {
    const raw = await rawHttp2(target);
    raw.write(headersFrame(1, get, END_HEADERS));
    await eventually(() => expect(calls).toHaveLength(1));
    calls[0]?.answer.writeHead(403, {});
    calls[0]?.answer.end('no');
    calls[0]?.request.discardBody(10);
    raw.write(frame(frameType.data, { stream: 1, payload: Buffer.alloc(11) }));
    await eventually(() =>
      expect(raw.frames.some(({ type }) => type === frameType.reset)).toBe(true),
    );
    raw.socket.destroy();
  });
});
