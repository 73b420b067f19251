import { constants, type ClientHttp2Session } from 'node:http2';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from './gateway-to-prod.js';
import type { Gateway } from './gateway-under-test.js';
import { http2Call, http2Session } from './http2-client.js';
import {
  END_HEADERS,
  END_STREAM,
  frame,
  frameType,
  headerBlock,
  headersFrame,
  rawHttp2,
  settingsFrame,
  type RawHttp2,
} from './http2-frames.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const path = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;
let authorization: string;
let session: ClientHttp2Session;
const opened: (ClientHttp2Session | RawHttp2)[] = [];

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: { AGENT_BURST: '5000', AGENT_MAX_CALLS: '500' },
  });
  await gateway.grant();
  authorization = `Bearer ${gateway.issuer.token()}`;
  await eventually(async () => expect((await gateway.call(path)).status).toBe(200));
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

beforeEach(() => {
  session = open(http2Session(gateway));
  upstream.received.length = 0;
  upstream.answer((_request, response) => {
    response.writeHead(200, { 'content-type': 'application/json' });
    response.end('{"kind":"Pod"}\n');
  });
});

afterEach(() => {
  for (const client of opened.splice(0)) {
    if ('socket' in client && 'frames' in client) client.socket.destroy();
    else client.destroy();
  }
});

function open<Client extends ClientHttp2Session | RawHttp2>(client: Client): Client {
  opened.push(client);
  return client;
}
const raw = async (settings?: Buffer) => open(await rawHttp2(gateway.raw, settings));
const call = (headers = {}, body?: Buffer) =>
  http2Call(session, { ':path': path, authorization, ...headers }, body && { body });

/** How the call ended, as its record says. */
const outcomeOf = (commandId: unknown) =>
  eventually(async () => {
    const ended = (await gateway.records()).find(
      (record) => record.type === 'CommandEnded' && record.commandId === commandId,
    );
    if (ended?.type !== 'CommandEnded') throw new Error('it has not ended');
    return ended.outcome;
  });

/** Pseudo headers and token of a request that is good. */
const good = (target = path): [string, string][] => [
  [':method', 'GET'],
  [':scheme', 'https'],
  [':authority', 'localhost'],
  [':path', target],
  ['authorization', authorization],
];
const replaced = (name: string, value: string) =>
  good().map((header): [string, string] => (header[0] === name ? [name, value] : header));
const without = (name: string) => good().filter((header) => header[0] !== name);

/** The gateway is as well as before. */
async function expectAlive(): Promise<void> {
  const fresh = open(http2Session(gateway));
  expect((await http2Call(fresh, { ':path': path, authorization })).status).toBe(200);
}

const framesOf = ({ frames }: RawHttp2, type: number) =>
  frames.filter((candidate) => candidate.type === type);

const textOf = (client: RawHttp2) =>
  Buffer.concat(framesOf(client, frameType.data).map(({ payload }) => payload)).toString();

describe('a plain call over HTTP/2', () => {
  it('is answered, with an upstream head of our own making', async () => {
    const answer = await call({ cookie: 'a=b', te: 'trailers', 'x-own': 'y' });
    expect(answer).toMatchObject({ status: 200, body: '{"kind":"Pod"}\n', complete: true });
    expect(answer.headers['audit-id']).toMatch(/^[0-9a-f-]{36}$/);
    const [received] = upstream.received;
    expect(received?.headers.authorization).toBe('Bearer cluster-token');
    for (const dropped of ['cookie', 'te', 'x-own', ':authority']) {
      expect(received?.headers[dropped]).toBeUndefined();
    }
  });

  it('is answered with a Status when it is refused, and others on the connection go on', async () => {
    const [refused, served] = await Promise.all([call({ ':path': '/x' }), call()]);
    expect(refused.status).toBe(404);
    expect(refused.body).toContain('path_unknown');
    expect(served.status).toBe(200);
  });

  it.each(['GET', 'POST'])('with %s is on the record as completed', async (method) => {
    const body = method === 'GET' ? undefined : Buffer.from('{"kind":"Pod"}');
    const { headers } = await call({ ':method': method }, body);
    expect(await outcomeOf(headers['audit-id'])).toBe('completed');
  });

  it.each(['GET', 'POST'])(
    'with %s whose client leaves is on the record as left',
    async (method) => {
      upstream.answer((_request, response) => {
        response.writeHead(200, { 'content-type': 'application/json' });
        response.write(`["${'a '.repeat(500_000)}",`);
      });
      const own = open(http2Session(gateway));
      const body = method === 'GET' ? undefined : Buffer.from('{"kind":"Pod"}');
      const headers = { ':path': path, ':method': method, authorization };
      const left = await http2Call(own, headers, {
        ...(body && { body }),
        onData: () => own.destroy(),
      });
      expect(await outcomeOf(left.headers['audit-id'])).toBe('client_gone');
    },
  );

  it('with HEAD gets the head only', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json', 'content-length': '15' });
      response.end();
    });
    const answer = await call({ ':method': 'HEAD' });
    expect(answer).toMatchObject({ status: 200, body: '', complete: true });
    // The length of an answer tells something of the values in it.
    expect(answer.headers['content-length']).toBeUndefined();
    const refused = await call({ ':method': 'HEAD', authorization: 'Bearer x' });
    expect(refused).toMatchObject({ status: 401, body: '' });
  });

  it('takes a long query', async () => {
    const selector = Array.from({ length: 4_000 }, (_, index) => `x${String(index)}`).join('%2C');
    expect((await call({ ':path': `${path}?labelSelector=${selector}` })).status).toBe(200);
  });

  it('is judged by the token of its own stream', async () => {
    const answers = await Promise.all([call(), call({ authorization: 'Bearer no' }), call()]);
    expect(answers.map(({ status }) => status)).toStrictEqual([200, 401, 200]);
  });
});

describe('T6 who is meant', () => {
  it.each([
    ['another authority', { ':authority': 'evil.test' }, 421],
    ['a host that differs', { ':authority': 'localhost', host: 'evil.test' }, 400],
    ['a host that differs in case', { ':authority': 'localhost', host: 'LOCALHOST' }, 400],
    ['the same host', { ':authority': 'localhost', host: 'localhost' }, 200],
    ['an authority with port', { ':authority': 'LocalHost:8443' }, 200],
    ['another scheme', { ':scheme': 'http' }, 400],
    ['an unknown scheme', { ':scheme': 'ftp' }, 400],
  ])('%s', async (_, headers, status) => {
    expect((await call(headers)).status).toBe(status);
    expect(upstream.received).toHaveLength(status === 200 ? 1 : 0);
  });

  it.each([
    `${path}/../secrets`,
    `${path}//x`,
    `${path}/%2e%2e/secrets`,
    `${path}/a%2fb`,
    `${path}/x%00`,
    `${path};x=y`,
    `${path}#x`,
    `${path}?watch=0&watch=1`,
    `https://localhost${path}`,
    `//localhost${path}`,
    '*',
    'x',
  ])('%s is refused', async (target) => {
    const answer = await call({ ':path': target });
    if (answer.status === 0) expect(answer.resetCode).not.toBe(0);
    else expect([400, 404]).toContain(answer.status);
    expect(upstream.received).toHaveLength(0);
  });
});

describe('T2 impersonation over HTTP/2', () => {
  it.each(['impersonate-user', 'impersonate_group', 'x-impersonate-uid', 'impersonate%2duser'])(
    '%s is refused',
    async (name) => {
      const answer = await call({ [name]: 'system:admin' });
      expect(answer.status).toBe(403);
      expect(answer.body).toContain('impersonation_refused');
      expect(upstream.received).toHaveLength(0);
    },
  );

  it('in trailers reaches nobody', async () => {
    const client = await raw();
    const head = replaced(':method', 'POST');
    client.write(
      headersFrame(1, head, END_HEADERS),
      frame(frameType.data, { stream: 1, payload: Buffer.from('{}') }),
      headersFrame(1, [['impersonate-user', 'system:admin']]),
    );
    await eventually(() => expect(upstream.received).toHaveLength(1));
    expect(JSON.stringify(upstream.received[0]?.rawHeaders)).not.toContain('mpersonate');
  });
});

describe('T23 a head that is not HTTP/2', () => {
  it.each<[string, () => [string, string][]]>([
    ['a name in upper case', () => [...good(), ['X-Upper', 'y']]],
    ['connection', () => [...good(), ['connection', 'close']]],
    ['transfer-encoding', () => [...good(), ['transfer-encoding', 'chunked']]],
    ['upgrade', () => [...good(), ['upgrade', 'websocket']]],
    ['te', () => [...good(), ['te', 'gzip']]],
    ['two paths', () => [[':path', path], ...good()]],
    ['two methods', () => [[':method', 'DELETE'], ...good()]],
    ['two authorities', () => [[':authority', 'evil.test'], ...good()]],
    ['a pseudo header behind others', () => [...good(), [':path', path]]],
    ['an unknown pseudo header', () => [[':unknown', 'x'], ...good()]],
    ['a pseudo header of answers', () => [[':status', '200'], ...good()]],
    ['no path', () => without(':path')],
    ['an empty path', () => replaced(':path', '')],
    ['no method', () => without(':method')],
    ['no scheme', () => without(':scheme')],
    ['a length without body', () => [...good(), ['content-length', '5']]],
    ['two hosts', () => [...good(), ['host', 'localhost'], ['host', 'localhost']]],
    ['two tokens', () => [...good(), ['authorization', 'Bearer x']]],
    ['extended CONNECT', () => [...replaced(':method', 'CONNECT'), [':protocol', 'websocket']]],
    ['a space in the path', () => replaced(':path', `${path} HTTP/1.1`)],
    ['a line break in the path', () => replaced(':path', `${path}\r\nx: y`)],
    ['a line break in the method', () => replaced(':method', 'GET / HTTP/1.1\r\nx: y')],
    ['a user in the authority', () => replaced(':authority', 'x@localhost')],
    ['a space in the authority', () => replaced(':authority', 'localhost x')],
  ])('%s is never forwarded', async (_, headers) => {
    const client = await raw();
    client.write(headersFrame(1, headers()));
    await eventually(() => {
      const answered = [frameType.reset, frameType.goaway, frameType.headers].some(
        (type) => framesOf(client, type).length > 0,
      );
      expect(answered).toBe(true);
    });
    if (framesOf(client, frameType.headers).length > 0) {
      await eventually(() => expect(textOf(client)).toContain('"status":"Failure"'));
    }
    expect(upstream.received).toHaveLength(0);
    await expectAlive();
  });

  it.each<[string, [string, string]]>([
    ['a line break in a value', ['x', 'y\r\nimpersonate-user: z']],
    ['a NUL in a value', ['x', 'y\0impersonate-user\0z']],
    ['a space in a name', ['x impersonate-user', 'z']],
  ])('a header with %s is dropped, and reaches nobody', async (_, header) => {
    const client = await raw();
    client.write(headersFrame(1, [...good(), header]));
    await eventually(() => expect(textOf(client)).toContain('Pod'));
    expect(JSON.stringify(upstream.received[0]?.rawHeaders)).not.toContain('mpersonate');
  });

  it('CONNECT is refused', async () => {
    const client = await raw();
    client.write(
      headersFrame(1, [
        [':method', 'CONNECT'],
        [':authority', 'localhost:443'],
        ['authorization', authorization],
      ]),
    );
    await eventually(() => expect(textOf(client)).toContain('method_not_supported'));
    await expectAlive();
  });

  it('a body that is longer or shorter than announced breaks the call', async () => {
    for (const payload of ['12', '123456']) {
      const client = await raw();
      client.write(
        headersFrame(1, [...replaced(':method', 'POST'), ['content-length', '4']], END_HEADERS),
        frame(frameType.data, { stream: 1, flags: END_STREAM, payload: Buffer.from(payload) }),
      );
      await eventually(() => {
        const ends = [frameType.reset, frameType.goaway].flatMap((type) => framesOf(client, type));
        expect(ends).toHaveLength(1);
      });
      client.socket.destroy();
    }
    expect(upstream.received).toHaveLength(0);
    await expectAlive();
  });

  it('a body with GET is refused', async () => {
    const client = await raw();
    client.write(
      headersFrame(1, good(), END_HEADERS),
      frame(frameType.data, { stream: 1, flags: END_STREAM, payload: Buffer.from('x') }),
    );
    await eventually(() => expect(textOf(client)).toContain('malformed_request'));
    expect(upstream.received).toHaveLength(0);
  });

  it.each([
    ['no preface', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['DATA on stream 0', frame(frameType.data, { payload: Buffer.from('x') })],
    ['DATA on an idle stream', frame(frameType.data, { stream: 1, payload: Buffer.from('x') })],
    ['HEADERS on stream 0', headersFrame(0, [])],
    ['an even stream', headersFrame(2, [[':method', 'GET']])],
    ['garbage for HPACK', frame(1, { stream: 1, flags: 5, payload: Buffer.alloc(64, 0xff) })],
    ['a frame that is too long', frame(frameType.data, { payload: Buffer.alloc(70_000) })],
    ['a window beyond its end', frame(8, { payload: Buffer.from('7fffffff', 'hex') })],
    ['CONTINUATION alone', frame(frameType.continuation, { stream: 1, flags: END_HEADERS })],
    ['settings that are none', settingsFrame([4, 0xffffffff])],
  ])('%s ends the connection, and only that', async (name, bytes) => {
    const client = name === 'no preface' ? await raw(bytes) : await raw();
    client.write(bytes);
    await client.closed;
    await expectAlive();
  });
});

describe('T24 bodies and bombs over HTTP/2', () => {
  it('a body passes as it comes', async () => {
    const body = Buffer.alloc(2 * 1024 * 1024, 'b');
    const answer = await call({ ':method': 'POST', 'content-type': 'application/json' }, body);
    expect(answer.status).toBe(200);
    expect(upstream.received[0]?.body).toHaveLength(body.length);
  });

  it.each([
    ['announced', { 'content-length': String(4 * 1024 * 1024) }],
    ['not announced', {}],
  ])('a body of more than 3 MiB that is %s is refused', async (_, headers) => {
    const answer = await call(
      { ':method': 'POST', ...headers },
      Buffer.alloc(4 * 1024 * 1024, 'b'),
    );
    expect(answer.status).toBe(413);
    expect(upstream.received).toHaveLength(0);
    expect((await call()).status).toBe(200);
  });

  it('100 Continue is sent to whoever waits for it, and no other expectation is met', async () => {
    const headers = { ':path': path, ':method': 'POST', authorization, expect: '100-continue' };
    const stream = session.request(headers, { endStream: false });
    await new Promise((resolve) => stream.once('continue', resolve));
    stream.end('{}');
    stream.resume();
    await eventually(() => expect(upstream.received[0]?.body).toBe('{}'));
    const other = await call({ ':method': 'POST', expect: 'tea' }, Buffer.from('{}'));
    expect(other.status).toBe(417);
  });

  it('more headers than are read anywhere are refused', async () => {
    const many = (count: number) =>
      Object.fromEntries(Array.from({ length: count }, (_, index) => [`x-${String(index)}`, 'y']));
    expect((await call(many(150))).status).toBe(431);
    expect(await call(many(3_000))).toMatchObject({ status: 0 });
    expect(upstream.received).toHaveLength(0);
    await expectAlive();
  });

  it('headers of more than 256 KiB are refused', async () => {
    const large = Object.fromEntries(
      Array.from({ length: 10 }, (_, index) => [`x-${String(index)}`, 'z'.repeat(30_000)]),
    );
    expect(await call(large)).toMatchObject({ status: 0 });
    await expectAlive();
  });

  it('CONTINUATION without end ends the connection', async () => {
    const client = await raw();
    client.write(headersFrame(1, good(), 0));
    const more = frame(frameType.continuation, {
      stream: 1,
      payload: headerBlock([['x', 'y'.repeat(1_000)]]),
    });
    client.write(...Array.from({ length: 500 }, () => more));
    await client.closed;
    expect(upstream.received).toHaveLength(0);
    await expectAlive();
  });
});

describe('T25 floods over HTTP/2', () => {
  it('a client that leaves before it is answered does not end the process', async () => {
    const held: (() => void)[] = [];
    upstream.answer((_request, response) => {
      held.push(() => response.end('{}'));
    });
    const streams = Array.from({ length: 40 }, () => {
      const stream = session.request({ ':path': path, authorization });
      stream.on('error', () => undefined);
      return stream;
    });
    await eventually(() => expect(held).toHaveLength(40));
    for (const stream of streams) stream.close(constants.NGHTTP2_CANCEL);
    for (const answer of held) answer();
    // Refusals are answered later too: their record is written first.
    const refused = Array.from({ length: 40 }, () =>
      session.request({ ':path': `${path}/x/exec` }),
    );
    for (const stream of refused) {
      stream.on('error', () => undefined);
      stream.close(constants.NGHTTP2_CANCEL);
    }
    await eventually(() => expect(streams.every(({ destroyed }) => destroyed)).toBe(true));
    session.destroy();
    upstream.answer((_request, response) => response.end('{}'));
    await expectAlive();
  });

  it('no more than 250 calls are open on one connection', async () => {
    upstream.answer(() => undefined);
    const client = await raw();
    const streams = Array.from({ length: 260 }, (_, index) => headersFrame(index * 2 + 1, good()));
    client.write(...streams);
    await eventually(() => {
      const [settings] = framesOf(client, frameType.settings);
      expect(settings?.payload.toString('hex')).toContain('0003000000fa');
      expect(framesOf(client, frameType.reset)).toHaveLength(10);
    });
    client.socket.destroy();
    upstream.answer((_request, response) => response.end('{}'));
    await expectAlive();
  });

  it('rapid resets end the connection', async () => {
    const client = await raw();
    client.socket.on('error', () => undefined);
    for (let index = 0; index < 1_000; index += 1) {
      const stream = index * 2 + 1;
      client.write(
        headersFrame(stream, good()),
        frame(frameType.reset, { stream, payload: Buffer.from([0, 0, 0, 8]) }),
      );
    }
    await client.closed;
    expect(framesOf(client, frameType.goaway)).not.toHaveLength(0);
    await expectAlive();
  });

  it.each([
    ['PING', frame(frameType.ping, { payload: Buffer.alloc(8) })],
    ['SETTINGS', settingsFrame([3, 10])],
    ['empty DATA', frame(frameType.data, { stream: 1 })],
  ])('%s without end ends the connection', async (_, bytes) => {
    const client = await raw();
    client.socket.on('error', () => undefined);
    client.write(headersFrame(1, replaced(':method', 'POST'), END_HEADERS));
    client.write(...Array.from({ length: 2_000 }, () => bytes));
    await client.closed;
    await expectAlive();
  });

  it('a client that never opens its window costs bounded memory', async () => {
    let produced = 0;
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      const chunk = Buffer.alloc(262_144, 'x');
      const more = () => {
        while (!response.destroyed && produced < 200 * 1024 * 1024) {
          produced += chunk.length;
          if (!response.write(chunk)) {
            response.once('drain', more);
            return;
          }
        }
      };
      more();
    });
    const client = await raw(settingsFrame([4, 0]));
    client.write(headersFrame(1, good(`${path}/web-0/log`)));
    let before = -1;
    await eventually(async () => {
      expect(produced).toBeGreaterThan(0);
      const settled = produced === before;
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 300));
      expect(settled).toBe(true);
    });
    expect(framesOf(client, frameType.headers)).toHaveLength(1);
    expect(framesOf(client, frameType.data)).toHaveLength(0);
    expect(produced).toBeLessThan(32 * 1024 * 1024);
    upstream.answer((_request, response) => response.end('{}'));
    expect((await call()).status).toBe(200);
  });
});

describe('T11 a stream over HTTP/2', () => {
  it('that is cut is never taken for complete', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' });
      response.write('line 1\n');
    });
    const subject = 'agent-http2-cut';
    const { grantId, requestId } = await gateway.grant({ subject });
    const token = gateway.issuer.token({ sub: subject });
    const answered = await eventually(async () => {
      const first = Promise.withResolvers<string>();
      const ended = http2Call(
        session,
        { ':path': `${path}/web-0/log?follow=true`, authorization: `Bearer ${token}` },
        { onData: (text) => first.resolve(text) },
      );
      const seen = await Promise.race([first.promise, ended.then(({ body }) => body)]);
      expect(seen).toBe('line 1\n');
      return { ended };
    });
    await gateway.append(requestId, { type: 'GrantRevoked', data: { grantId, reason: 'test' } });
    const cut = await answered.ended;
    const body = 'line 1\ndrawbridge grant_revoked: your grant was revoked\n';
    expect(cut).toMatchObject({ status: 200, body, complete: false });
    expect(cut.resetCode).toBe(constants.NGHTTP2_INTERNAL_ERROR);
    upstream.answer((_request, response) => response.end('{}'));
    expect((await call()).status).toBe(200);
  });

  it('is told of the end of the gateway: a reason for its watch, GOAWAY for its connection', async () => {
    upstream.answer((_request, response) => {
      response.writeHead(200, { 'content-type': 'application/json' });
      response.write('{"type":"ADDED","object":{}}\n');
    });
    const first = Promise.withResolvers<string>();
    const goaway = Promise.withResolvers<number>();
    session.on('goaway', (code: number) => goaway.resolve(code));
    const watch = http2Call(
      session,
      { ':path': `${path}?watch=1`, authorization },
      { onData: (text) => first.resolve(text) },
    );
    await first.promise;
    await gateway.proxy.close();
    const ended = await watch;
    expect(ended).toMatchObject({ status: 200, complete: true });
    expect(ended.body).toContain('proxy_draining');
    expect(await goaway.promise).toBe(constants.NGHTTP2_NO_ERROR);
    await gateway.startProxy();
  });
});
