import { once } from 'node:events';
import {
  connect as connectHttp2,
  performServerHandshake,
  type ServerHttp2Session,
} from 'node:http2';
import { connect, type TLSSocket } from 'node:tls';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { eventually } from '@drawbridge/testing';
import { startGateway, statusOf, type Gateway } from '../gateway-under-test.js';
import { newToken } from './connector-process.js';

const PROTOCOL = 'drawbridge-connector/1';
const pods = '/connections/prod/api/v1/namespaces/payments/pods';
const { token, digest } = newToken();
const other = newToken();
let gateway: Gateway;

beforeAll(async () => {
  const authority = await createCertificateAuthority('nobody');
  const shared = {
    server: 'https://127.0.0.1:9',
    certificateAuthority: authority.certificate,
    credential: 'type: bearerToken\nfile: cluster.token',
  };
  gateway = await startGateway({
    connections: [
      { ...shared, name: 'prod', connectorDigests: [digest] },
      { ...shared, name: 'staging', connectorDigests: [other.digest] },
      { ...shared, name: 'direct' },
    ],
  });
  await writeFile(join(gateway.directory, 'cluster.token'), 'cluster-token');
  await gateway.grant();
});
afterAll(() => gateway.close());

interface DialOptions {
  readonly cert?: string;
  readonly key?: string;
  readonly allowHalfOpen?: boolean;
}

async function dial(options: DialOptions = {}): Promise<TLSSocket> {
  const { host, port, certificateAuthority: ca } = gateway.raw;
  const socket = connect({ host, port, ca, ALPNProtocols: [PROTOCOL], ...options });
  socket.on('error', () => undefined);
  await once(socket, 'secureConnect');
  expect(socket.alpnProtocol).toBe(PROTOCOL);
  return socket;
}

const hello = (changes: object = {}) => ({
  connection: 'prod',
  token,
  name: 'hostile',
  served: [],
  ...changes,
});

/** What the gateway says until it closes, or the first line when it does not. */
async function answerTo(socket: TLSSocket, bytes: string | Buffer): Promise<string> {
  let text = '';
  const done = Promise.withResolvers<undefined>();
  socket.on('data', (chunk: Buffer) => {
    text += chunk.toString('latin1');
    if (text.includes('\n')) done.resolve(undefined);
  });
  socket.on('close', () => done.resolve(undefined));
  socket.write(bytes);
  await done.promise;
  return text.split('\n')[0] ?? '';
}

async function refusalOf(message: unknown): Promise<unknown> {
  const socket = await dial();
  const text = typeof message === 'string' ? message : `${JSON.stringify(message)}\n`;
  const line = await answerTo(socket, text);
  await eventually(() => expect(socket.destroyed).toBe(true));
  return line === '' ? undefined : (JSON.parse(line) as unknown);
}

async function figures(): Promise<Readonly<Record<string, number>>> {
  const answer = await fetch(`${gateway.health}/readyz`);
  return ((await answer.json()) as { figures: Record<string, number> }).figures;
}
const sessions = async () => (await figures())['connectorSessions'];

/** Comes in with a good token, and gives the connection right behind the welcome. */
async function entered(options: DialOptions = {}): Promise<TLSSocket> {
  const socket = await dial(options);
  const line = Promise.withResolvers<undefined>();
  // A byte at a time, so that nothing of what follows is taken.
  const read = () => {
    for (let byte: Buffer | null; (byte = socket.read(1) as Buffer | null) !== null;) {
      if (byte[0] === 0x0a) {
        socket.off('readable', read);
        line.resolve(undefined);
        return;
      }
    }
  };
  socket.on('readable', read);
  await new Promise((resolve) => socket.write(`${JSON.stringify(hello())}\n`, resolve));
  await line.promise;
  return socket;
}

type Frame = readonly [type: number, flags: number, stream: number, payload: Buffer];
function frames(...all: readonly Frame[]): Buffer {
  return Buffer.concat(
    all.flatMap(([type, flags, stream, payload]) => {
      const head = Buffer.alloc(9);
      head.writeUIntBE(payload.length, 0, 3);
      head.writeUInt8(type, 3);
      head.writeUInt8(flags, 4);
      head.writeUInt32BE(stream, 5);
      return [head, payload];
    }),
  );
}
const settings: Frame = [4, 0, 0, Buffer.alloc(0)];
/** `:method GET`, `:path /`, `:scheme https`, `:authority x`, by the static table. */
const request = Buffer.from([0x82, 0x84, 0x87, 0x41, 0x01, 0x78]);

/** What comes of bytes behind a good welcome: the session ends, and a call finds no connector. */
async function endsSession(bytes: Buffer): Promise<void> {
  const socket = await entered();
  await eventually(async () => expect(await sessions()).toBe(1));
  socket.resume();
  socket.write(bytes);
  await eventually(async () => expect(await sessions()).toBe(0));
  await eventually(() => expect(socket.destroyed || socket.readableEnded).toBe(true));
  socket.destroy();
}

const refusedToken = { refused: 'connector_token_refused' };
const malformed = { refused: 'connector_hello_malformed' };

describe('somebody who speaks the protocol of connectors', () => {
  it.each([
    ['a token that nobody has', hello({ token: newToken().token }), refusedToken],
    ['a connection that it may not serve', hello({ connection: 'staging' }), refusedToken],
    ['the token of another connection', hello({ token: other.token }), refusedToken],
    ['a connection without connectors', hello({ connection: 'direct' }), refusedToken],
    ['a connection that does not exist', hello({ connection: 'nothing' }), refusedToken],
    ['no token', hello({ token: undefined }), malformed],
    ['an empty token', hello({ token: '' }), malformed],
    ['a digest instead of a token', hello({ token: `sha256:${digest}` }), malformed],
    ['a name with a line break', hello({ name: 'a\nb' }), malformed],
    ['a field too many', hello({ server: 'https://169.254.169.254' }), malformed],
    ['ids that are none', hello({ served: ['x'] }), malformed],
    ['no JSON', 'GET / HTTP/1.1\r\n', malformed],
    ['more behind the line', `${JSON.stringify(hello())}\nPRI * HTTP/2.0\r\n`, malformed],
    ['a line without end', 'x'.repeat(9_000), undefined],
  ])('T19 T31 is refused with %s', async (_with, message, expected) => {
    expect(await refusalOf(message)).toStrictEqual(expected);
    expect(await sessions()).toBe(0);
  });

  it('T31 is refused with the token of an agent, and an agent with that of a connector', async () => {
    expect(await refusalOf(hello({ token: gateway.issuer.token() }))).toStrictEqual(malformed);
    const answer = await gateway.call(pods, { token });
    expect(statusOf(answer)).toMatchObject({ code: 401 });
  });

  it('gains nothing by a client certificate', async () => {
    const authority = await createCertificateAuthority('gateway');
    const { certificate, key } = await authority.issueClient('connector', ['system:masters']);
    const socket = await dial({ cert: certificate, key });
    const line = await answerTo(socket, `${JSON.stringify(hello({ token: other.token }))}\n`);
    expect(JSON.parse(line)).toStrictEqual(refusedToken);
  });

  it('T25 is sent away when it does not say who it is, and keeps nobody else out', async () => {
    const idle = await Promise.all(Array.from({ length: 300 }, () => dial()));
    for (const socket of idle) socket.write('{"connection":');
    // More than are looked at: the oldest have gone already, and whoever has a token gets in.
    const good = await entered();
    await eventually(() =>
      expect(idle.filter(({ destroyed }) => destroyed).length).toBeGreaterThan(30),
    );
    for (const socket of idle) socket.resume();
    await eventually(() => expect(idle.every(({ destroyed }) => destroyed)).toBe(true));
    good.destroy();
    await eventually(async () => expect(await sessions()).toBe(0));
  });

  it('T20 T25 is logged once a second, with nothing of what it said', async () => {
    gateway.log.length = 0;
    const stray = newToken().token;
    for (let turn = 0; turn < 20; turn += 1) await refusalOf(hello({ token: stray }));
    const lines = gateway.log.filter((line) => line.includes('connectors refused'));
    expect(lines.length).toBeGreaterThan(0);
    expect(lines.length).toBeLessThan(15);
    expect(gateway.log.join('')).not.toContain(stray.slice(4));
    expect(gateway.log.join('')).not.toContain(token.slice(4));
  });
});

describe('a connector that means harm', () => {
  it.each([
    ['answers with something else', Buffer.from('HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n')],
    ['answers with garbage', Buffer.alloc(70_000, 0xff)],
    ['asks the gateway something', frames(settings, [1, 5, 2, request])],
    ['asks on a stream of the gateway', frames(settings, [1, 5, 1, request])],
    [
      'pushes an answer',
      frames(settings, [5, 4, 1, Buffer.concat([Buffer.from([0, 0, 0, 2]), request])]),
    ],
    [
      'floods it with PING',
      frames(settings, ...Array<Frame>(400).fill([6, 0, 0, Buffer.alloc(8)])),
    ],
    ['floods it with SETTINGS', frames(...Array<Frame>(400).fill(settings))],
    [
      'floods it with headers that do not end',
      frames(
        settings,
        [1, 0, 1, request],
        ...Array<Frame>(40).fill([9, 0, 1, Buffer.alloc(16_000)]),
      ),
    ],
    ['sends a frame larger than agreed', frames(settings, [0, 0, 1, Buffer.alloc(40_000)])],
  ])('loses its connection when it %s', async (_what, bytes) => {
    await endsSession(bytes);
  });

  it('T25 is cut off when it says goodbye and stays on the line', async () => {
    const socket = await entered({ allowHalfOpen: true });
    socket.resume();
    const goodbye: Frame = [7, 0, 0, Buffer.alloc(8)];
    socket.write(frames(settings, goodbye));
    await eventually(() => {
      socket.write('x');
      expect(socket.destroyed).toBe(true);
    });
    expect(await sessions()).toBe(0);
  });

  it('is given up when it says nothing at all', async () => {
    const socket = await entered();
    socket.resume();
    await eventually(() => expect(socket.readableEnded || socket.destroyed).toBe(true));
    expect(await sessions()).toBe(0);
    socket.destroy();
  });

  it.each([
    [
      'refuses every stream',
      (session: ServerHttp2Session) => {
        session.on('stream', (stream) => stream.respond({ ':status': 403 }, { endStream: true }));
      },
    ],
    [
      'resets every stream',
      (session: ServerHttp2Session) => {
        session.on('stream', (stream) => stream.close(7));
      },
    ],
    [
      'answers with giant headers',
      (session: ServerHttp2Session) => {
        session.on('stream', (stream) => {
          stream.on('error', () => undefined);
          stream.respond({ ':status': 200, 'x-large': 'x'.repeat(60_000) });
        });
      },
    ],
    [
      'is no API server',
      (session: ServerHttp2Session) => {
        session.on('stream', (stream) => {
          stream.on('error', () => undefined);
          stream.respond({ ':status': 200 });
          stream.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nno');
        });
      },
    ],
  ])('gets no call that ends well, and no credential, when it %s', async (_what, serve) => {
    const socket = await entered();
    const session = performServerHandshake(socket);
    session.on('error', () => undefined);
    const seen: string[] = [];
    session.on('stream', (stream) => {
      stream.on('error', () => undefined);
      stream.on('data', (chunk: Buffer) => seen.push(chunk.toString('latin1')));
    });
    serve(session);
    await eventually(async () => expect(await sessions()).toBe(1));
    const { status } = await gateway.call(pods);
    expect([502, 503, 504]).toContain(status);
    expect(seen.join('')).not.toContain('cluster-token');
    expect(seen.join('')).not.toContain('GET ');
    session.destroy();
    await eventually(async () => expect(await sessions()).toBe(0));
  });

  it('T25 has 64 sessions of a connection at most', async () => {
    const all = await Promise.all(
      Array.from({ length: 64 }, async () => {
        const socket = await entered();
        return performServerHandshake(socket).on('error', () => undefined);
      }),
    );
    await eventually(async () => expect(await sessions()).toBe(64));
    expect(await refusalOf(hello())).toStrictEqual({ refused: 'connector_too_many' });
    for (const session of all) session.destroy();
    await eventually(async () => expect(await sessions()).toBe(0));
  });

  it('serves nobody who comes as HTTP/2', async () => {
    const { port, certificateAuthority: ca } = gateway.raw;
    const session = connectHttp2(`https://127.0.0.1:${port}`, { ca });
    const stream = session.request({ ':method': 'CONNECT', ':authority': 'cluster' });
    stream.on('error', () => undefined);
    const status = await Promise.race([
      once(stream, 'response').then(([headers]) => (headers as { ':status': number })[':status']),
      once(stream, 'close').then(() => 0),
    ]);
    expect(status === 0 || status >= 400).toBe(true);
    session.destroy();
  });
});
