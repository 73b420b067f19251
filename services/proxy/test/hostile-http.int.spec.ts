import { connect } from 'node:net';
import { connect as tlsConnect } from 'node:tls';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { startGatewayToProd } from './gateway-to-prod.js';
import type { Gateway } from './gateway-under-test.js';
import { rawCall, rawConnection, type RawAnswer } from './raw-call.js';
import { startRecordingUpstream, type RecordingUpstream } from './recording-upstream.js';

const path = '/connections/prod/api/v1/namespaces/payments/pods';
let upstream: RecordingUpstream;
let gateway: Gateway;
let bearer: string;

beforeAll(async () => {
  upstream = await startRecordingUpstream();
  gateway = await startGatewayToProd(upstream, {
    variables: { AGENT_BURST: '5000', MAX_CONNECTIONS_PER_ADDRESS: '40' },
  });
  await gateway.grant();
  bearer = `Authorization: Bearer ${gateway.issuer.token()}`;
  await eventually(async () => expect((await gateway.call(path)).status).toBe(200));
});

afterAll(async () => {
  await gateway.close();
  await upstream.close();
});

beforeEach(() => {
  upstream.received.length = 0;
});

interface Head {
  readonly line?: string;
  readonly host?: string;
  readonly headers?: readonly string[];
  readonly body?: string;
}
/** A request that is good but for what a test changes. */
const bytes = ({
  line = `GET ${path} HTTP/1.1`,
  host = 'Host: localhost',
  headers = [],
  body = '',
}: Head) =>
  Buffer.from(
    [line, host, bearer, ...headers, '', body]
      .filter((part, index) => part !== '' || index > 2)
      .join('\r\n'),
    'latin1',
  );

const send = (head: Head): Promise<RawAnswer> => rawCall(gateway.raw, bytes(head));

/** The gateway refused with `status`, ended the connection, and the cluster saw nothing. */
async function expectRefused(head: Head, status: number, code?: string): Promise<void> {
  const answer = await send(head);
  expect(answer.statuses, answer.text).toStrictEqual([status]);
  expect(answer.closed).toBe(true);
  if (code !== undefined) expect(answer.text).toContain(`"reason":"${code}"`);
  expect(upstream.received).toHaveLength(0);
}

describe('a plain request', () => {
  it('written by hand is answered, so that the refusals below mean something', async () => {
    expect(await send({})).toMatchObject({ statuses: [200], closed: false });
    expect(upstream.received).toHaveLength(1);
  });
});

describe('T1 a Connection header that lists other headers', () => {
  it.each(['authorization', 'audit-id', 'accept-encoding', 'host', 'close, Authorization'])(
    '%s does not make us drop what we set',
    async (listed) => {
      const answer = await send({ headers: [`Connection: ${listed}`] });
      expect(answer.statuses).toStrictEqual([200]);
      expect(upstream.received[0]?.headers).toMatchObject({
        authorization: 'Bearer cluster-token',
        'accept-encoding': 'identity',
        'audit-id': expect.stringMatching(/^[0-9a-f-]{36}$/) as string,
      });
      expect(upstream.received[0]?.headers.connection).toBeUndefined();
    },
  );
});

describe('T2 impersonation by the client', () => {
  it.each([
    'Impersonate-User: system:admin',
    'IMPERSONATE-USER: x',
    'impersonate-group: system:masters',
    'Impersonate-Uid: 1',
    'Impersonate-Extra-Scopes: x',
    'Impersonate-Extra-a%2fb: x',
    'Impersonate_User: x',
    'Impersonate%2DUser: x',
    'X-Impersonate-User: x',
    'Impersonate: x',
  ])('%s is refused', async (header) => {
    const answer = await send({ headers: [header] });
    expect(answer.statuses).toStrictEqual([403]);
    expect(answer.text).toContain('impersonation_refused');
    expect(upstream.received).toHaveLength(0);
  });

  it('hidden behind very many headers is refused too', async () => {
    const headers = Array.from({ length: 3_000 }, (_, index) => `X-${String(index)}: y`);
    await expectRefused({ headers: [...headers, 'Impersonate-User: x'] }, 431);
  });
});

describe('T6 a target that could be read in two ways', () => {
  it.each([
    '/connections/prod//api/v1/pods',
    '/connections/prod/api/v1/../v1/secrets',
    '/connections/prod/api/v1/./pods',
    '/connections/prod/api/v1/%2e%2e/secrets',
    '/connections/prod/api/v1/namespaces/a%2fb/pods',
    '/connections/prod/api/v1/namespaces/a%5Cb/pods',
    '/connections/prod/api/v1/pods/x%00',
    '/connections/prod/api/v1/pods/x%0d%0aY:z',
    '/connections/prod/api/v1/pods;x=y',
    '/connections/prod/api/v1/pods#x',
    '/connections/prod/api/v1\\pods',
    '/connections/prod/api/v1/pods/%c0%ae%c0%ae',
    '/connections/prod/api/v1/pods/%25',
    '/connections/prod/api/v1/pods?watch=0&watch=1',
    '/connections/prod/api/v1/pods?limit=1;watch=1',
    '/connections/prod/api/v1/pods?watch=%zz',
    '/connections/prod/../staging/api',
  ])('%s', async (target) => {
    const answer = await send({ line: `GET ${target} HTTP/1.1` });
    expect(answer.statuses[0]).toBeGreaterThanOrEqual(400);
    expect(answer.statuses[0]).toBeLessThan(405);
    expect(upstream.received).toHaveLength(0);
  });

  it.each([
    ['absolute form', `GET https://localhost${path} HTTP/1.1`, 400],
    ['absolute form of another host', 'GET http://evil.test/api HTTP/1.1', 400],
    ['asterisk form', 'OPTIONS * HTTP/1.1', 400],
    ['authority form', 'GET localhost:443 HTTP/1.1', 400],
    ['raw bytes', 'GET /connections/prod/api/v1/pods/\xff\xfe HTTP/1.1', 400],
    ['a space', 'GET /connections/prod/api/v1/po ds HTTP/1.1', 400],
    ['nothing', 'GET  HTTP/1.1', 400],
  ])('%s', async (_, line, status) => expectRefused({ line }, status));

  it.each([
    ['another host', 'Host: evil.test', 421],
    ['no host', '', 400],
    ['an empty host', 'Host:', 421],
    ['two hosts', 'Host: localhost\r\nHost: evil.test', 400],
    ['the same host twice', 'Host: localhost\r\nhost: localhost', 400],
    ['a host with a path', 'Host: localhost/connections', 421],
    ['a host with a user', 'Host: x@localhost', 421],
    ['a host that only ends alike', 'Host: evil-localhost', 421],
  ])('%s', async (_, host, status) => expectRefused({ host }, status));

  it('a host is compared without case and port', async () => {
    expect((await send({ host: 'HOST: LocalHost:8443' })).statuses).toStrictEqual([200]);
  });
});

describe('T5 two identities in one request', () => {
  it('two Authorization headers are refused', async () => {
    await expectRefused({ headers: ['authorization: Bearer other'] }, 400, 'malformed_request');
  });
});

describe('T7 upgrades', () => {
  const upgrade = (protocol: string) => [
    'Connection: Upgrade',
    `Upgrade: ${protocol}`,
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
  ];
  const smuggled = `GET ${path}/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n`;

  it.each([
    ['websocket on a watch', path, 'websocket'],
    ['websocket on logs', `${path}/web-0/log`, 'websocket'],
    ['SPDY on a list', path, 'SPDY/3.1'],
    ['h2c', path, 'h2c'],
    ['a list of protocols', path, 'websocket, SPDY/3.1'],
    ['T9 exec by GET', `${path}/web-0/exec?command=sh`, 'websocket'],
    ['T9 attach by GET', `${path}/web-0/attach`, 'websocket'],
    ['T9 port-forward by GET', `${path}/web-0/portforward`, 'websocket'],
    ['T9 proxy', `${path}/web-0/proxy/`, 'websocket'],
    ['T9 node proxy', '/connections/prod/api/v1/nodes/n1/proxy/exec/x/y/z', 'websocket'],
  ])(
    '%s are refused with a Status, and what follows is never read',
    async (_, target, protocol) => {
      const line = `GET ${target} HTTP/1.1`;
      const answer = await send({ line, headers: upgrade(protocol), body: smuggled });
      expect(answer.statuses, answer.text).toStrictEqual([403]);
      expect(answer.text).toMatch(/upgrade_unsupported|proxy_subresource_refused/);
      expect(answer.closed).toBe(true);
      expect(upstream.received).toHaveLength(0);
    },
  );

  it('exec by SPDY POST is refused alike', async () => {
    const line = `POST ${path}/web-0/exec?command=sh HTTP/1.1`;
    const headers = [...upgrade('SPDY/3.1'), 'Content-Length: 0'];
    const answer = await send({ line, headers });
    expect(answer).toMatchObject({ statuses: [403], closed: true });
    expect(answer.text).toContain('upgrade_unsupported');
  });

  it('without a token are 401 like everything else', async () => {
    const head = [`GET ${path} HTTP/1.1`, 'Host: localhost', ...upgrade('websocket'), '', ''];
    const answer = await rawCall(gateway.raw, head.join('\r\n'));
    expect(answer).toMatchObject({ statuses: [401], closed: true });
  });

  it('CONNECT is refused', async () => {
    await expectRefused({ line: 'CONNECT localhost:443 HTTP/1.1' }, 405);
  });

  it.each([
    [
      'an upgrade',
      [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Connection: upgrade', 'Upgrade: x'],
    ],
    ['CONNECT', ['CONNECT localhost:443 HTTP/1.1', 'Host: localhost']],
  ])('%s behind calls that are not answered yet ends the connection', async (_, lines) => {
    const calls = Buffer.concat([bytes({}), bytes({})]);
    const behind = Buffer.from(`${lines.join('\r\n')}\r\n\r\n`);
    const answer = await rawCall(gateway.raw, Buffer.concat([calls, behind]), 3);
    expect(answer).toMatchObject({ statuses: [], closed: true });
    expect((await gateway.call(path)).status).toBe(200);
  });

  it.each([
    ['an unknown expectation', [`GET ${path} HTTP/1.1`, 'Host: localhost', 'Expect: tea']],
    ['no host', [`GET ${path} HTTP/1.1`]],
    ['a refused path', ['GET /x HTTP/1.1', 'Host: localhost']],
  ])('behind a call that is refused for %s end the connection', async (_, lines) => {
    const both = [lines, [`GET ${path} HTTP/1.1`, 'Host: localhost', ...upgrade('x')]];
    const bytes = both.map((head) => `${head.join('\r\n')}\r\n\r\n`).join('');
    expect(await rawCall(gateway.raw, bytes)).toMatchObject({ closed: true });
    expect((await gateway.call(path)).status).toBe(200);
  });

  it('an Upgrade header alone is a plain request, and is not forwarded', async () => {
    const answer = await send({ headers: ['Upgrade: websocket'] });
    expect(answer.statuses).toStrictEqual([200]);
    expect(upstream.received[0]?.headers.upgrade).toBeUndefined();
  });
});

describe('T23 request smuggling', () => {
  const line = `POST ${path} HTTP/1.1`;
  it.each([
    ['length and chunks', ['Content-Length: 4', 'Transfer-Encoding: chunked']],
    ['two lengths', ['Content-Length: 4', 'Content-Length: 5']],
    ['the same length twice', ['Content-Length: 4', 'Content-Length: 4']],
    ['two lengths in one', ['Content-Length: 4, 5']],
    ['a signed length', ['Content-Length: +4']],
    ['a huge length', ['Content-Length: 99999999999999999999']],
    ['gzip, chunked', ['Transfer-Encoding: gzip, chunked']],
    ['chunked, identity', ['Transfer-Encoding: chunked, identity']],
    ['chunked twice', ['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked']],
    ['xchunked', ['Transfer-Encoding: xchunked']],
    ['a space before the colon', ['Transfer-Encoding : chunked']],
    ['a folded header', ['Transfer-Encoding:', ' chunked']],
    ['a bare CR', ['X: y\rTransfer-Encoding: chunked']],
    ['a NUL', ['X: y\0z']],
    ['a name that is none', ['X\x0b: y']],
    ['a coded body', ['Content-Length: 4', 'Content-Encoding: gzip']],
  ])('%s', async (_, headers) => {
    const answer = await send({ line, headers, body: '0\r\n\r\nGET /x HTTP/1.1\r\n\r\n' });
    expect(
      answer.statuses.every((status) => status >= 400),
      answer.text,
    ).toBe(true);
    expect(answer.statuses).toHaveLength(1);
    expect(answer.closed).toBe(true);
    expect(upstream.received).toHaveLength(0);
  });

  it.each([
    ['a body on GET', `GET ${path} HTTP/1.1`, ['Content-Length: 5']],
    ['chunks on HEAD', `HEAD ${path} HTTP/1.1`, ['Transfer-Encoding: chunked']],
    ['a bad chunk size', line, ['Transfer-Encoding: chunked', '', 'zz']],
  ])('%s', async (_, requestLine, headers) => {
    const answer = await send({ line: requestLine, headers, body: 'hello' });
    expect(
      answer.statuses.every((status) => status >= 400),
      answer.text,
    ).toBe(true);
    expect(answer.closed).toBe(true);
    expect(upstream.received.filter(({ method }) => method !== 'POST')).toHaveLength(0);
  });

  it.each([
    ['HTTP/1.0', `GET ${path} HTTP/1.0`, 505],
    ['HTTP/2.0 by name', `GET ${path} HTTP/2.0`, 505],
    ['TRACE', `TRACE ${path} HTTP/1.1`, 405],
    ['PROPFIND', `PROPFIND ${path} HTTP/1.1`, 405],
    ['lower case', `get ${path} HTTP/1.1`, 400],
    ['OPTIONS', `OPTIONS ${path} HTTP/1.1`, 405],
  ])('%s', async (_, requestLine, status) => expectRefused({ line: requestLine }, status));

  it('an unknown expectation is 417', async () => {
    await expectRefused({ headers: ['Expect: 200-ok'] }, 417, 'expectation_failed');
  });

  it('every request of a connection is judged by its own token', async () => {
    const stranger = `GET ${path} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
    const answer = await rawCall(
      gateway.raw,
      Buffer.concat([bytes({}), Buffer.from(stranger), bytes({})]),
      3,
    );
    expect(answer.statuses).toStrictEqual([200, 401, 200]);
    expect(upstream.received).toHaveLength(2);
  });
});

describe('T24 bombs', () => {
  it('endless headers end at 256 KiB', async () => {
    await expectRefused({ headers: [`X: ${'y'.repeat(300_000)}`] }, 431, 'headers_too_large');
  });

  it('a long but legal query passes', async () => {
    const selector = Array.from({ length: 2_000 }, (_, index) => `app%3Dx${String(index)}`).join(
      ',',
    );
    const { statuses } = await send({ line: `GET ${path}?labelSelector=${selector} HTTP/1.1` });
    expect(statuses).toStrictEqual([200]);
  });

  it('a body without end is cut off, and its connection with it', async () => {
    const socket = await rawConnection(gateway.raw);
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.on('error', () => undefined);
    socket.write(bytes({ line: `POST ${path} HTTP/1.1`, headers: ['Transfer-Encoding: chunked'] }));
    const chunk = Buffer.concat([
      Buffer.from('10000\r\n'),
      Buffer.alloc(65_536, 'a'),
      Buffer.from('\r\n'),
    ]);
    const pump = setInterval(() => socket.write(chunk), 1);
    socket.resume();
    await closed;
    clearInterval(pump);
    expect(upstream.received).toHaveLength(0);
  });
});

describe('T25 slow and greedy clients', () => {
  it('handshakes that are never finished and heads that do not come cost others nothing, and end', async () => {
    const { port } = gateway.raw;
    const silent = Array.from({ length: 20 }, () => connect(port, '127.0.0.1'));
    for (const handshake of silent) handshake.on('error', () => undefined).resume();
    const socket = await rawConnection(gateway.raw);
    socket.on('error', () => undefined);
    let text = '';
    socket.on('data', (chunk: Buffer) => (text += chunk.toString()));
    const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
    socket.write(`GET ${path} HTTP/1.1\r\nHost: localhost\r\n`);
    expect((await gateway.call(path)).status).toBe(200);
    await closed;
    expect(text).toContain('request_timeout');
    await eventually(() => expect(silent.every(({ closed: gone }) => gone)).toBe(true));
  });

  it('connections of one address are limited', async () => {
    const { port, certificateAuthority: ca } = gateway.raw;
    const sockets = Array.from({ length: 60 }, () =>
      tlsConnect({ port, host: '127.0.0.1', ca, servername: 'localhost' }).on(
        'error',
        () => undefined,
      ),
    );
    await eventually(() => {
      const gone = sockets.filter((socket) => socket.destroyed).length;
      expect(gone).toBeGreaterThanOrEqual(20);
    });
    for (const socket of sockets) socket.destroy();
    await eventually(async () => expect((await gateway.call(path)).status).toBe(200));
  });
});
