import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import {
  connect as connectHttp2,
  type ClientHttp2Session,
  type ClientHttp2Stream,
} from 'node:http2';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createCertificateAuthority } from '@drawbridge/embedded';
import { createLogger, loadConfig, type RunningService } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { ConnectorConfig, startConnector } from '../src/index.js';

const token = `dbc_${randomBytes(32).toString('base64url')}`;
const gatewayId = randomUUID();
let directory: string;
let authority: Awaited<ReturnType<typeof createCertificateAuthority>>;
let gateway: Server;
let cluster: Server;
/** Connections to the API server that are open. */
const atCluster = new Set<Socket>();
let onSocket: (socket: Socket) => void;
let answer: (hello: unknown, socket: TLSSocket) => void;
let hellos: unknown[];
let sessions: ClientHttp2Session[];
let log: string[];
let connector: RunningService | undefined;

const listen = async (server: Server): Promise<number> => {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
};
const portOf = (server: Server) => (server.address() as AddressInfo).port;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'drawbridge-connector-'));
  authority = await createCertificateAuthority('gateway');
  const { certificate, key } = await authority.issueServer(['localhost']);
  await writeFile(join(directory, 'ca.pem'), authority.certificate);
  gateway = createTlsServer(
    {
      cert: certificate,
      key,
      ALPNProtocols: ['drawbridge-connector/1'],
      allowHalfOpen: true,
    },
    (socket) => {
      socket.on('error', () => undefined);
      let text = '';
      const read = (chunk: Buffer) => {
        text += chunk.toString();
        if (!text.includes('\n')) return;
        socket.off('data', read);
        socket.pause();
        const hello: unknown = JSON.parse(text);
        hellos.push(hello);
        answer(hello, socket);
      };
      socket.on('data', read);
    },
  );
  cluster = createTcpServer({ allowHalfOpen: true }, (socket) => {
    atCluster.add(socket);
    socket.on('error', () => undefined).on('close', () => atCluster.delete(socket));
    onSocket(socket);
  });
  await listen(gateway);
  await listen(cluster);
});
afterAll(async () => {
  gateway.close();
  cluster.close();
  await rm(directory, { recursive: true, force: true });
});

const welcome = (socket: TLSSocket, peers = [gatewayId]) => {
  socket.write(`${JSON.stringify({ gateway: gatewayId, peers, surplus: false })}\n`, () => {
    const session = connectHttp2('https://connector', { createConnection: () => socket });
    session.on('error', () => undefined);
    sessions.push(session);
  });
};

beforeEach(async () => {
  [hellos, sessions, log] = [[], [], []];
  answer = (_hello, socket) => welcome(socket);
  onSocket = (socket) => socket.pipe(socket);
  await writeFile(join(directory, 'token'), `${token}\n`);
});
afterEach(async () => {
  for (const session of sessions) session.destroy();
  await connector?.close();
  connector = undefined;
});

async function start(env: Readonly<Record<string, string>> = {}): Promise<void> {
  const config = loadConfig(ConnectorConfig, {
    GATEWAY_URL: `https://localhost:${portOf(gateway)}`,
    GATEWAY_CA_FILE: join(directory, 'ca.pem'),
    CONNECTION: 'edge',
    TOKEN_FILE: join(directory, 'token'),
    API_SERVER: `127.0.0.1:${portOf(cluster)}`,
    NAME: 'one',
    HTTP_PORT: '0',
    ...env,
  });
  const destination = { write: (line: string) => void log.push(line) };
  connector = await startConnector(
    config,
    createLogger('connector', { level: 'debug', destination }),
  );
}

/** A session as the gateway has it, settled. */
async function session(): Promise<ClientHttp2Session> {
  return eventually(() => {
    const [first] = sessions;
    if (first === undefined || first.connecting || sessions.length < 2) throw new Error('not yet');
    return first;
  });
}

function tunnel(to: ClientHttp2Session, headers: Record<string, string> = {}): ClientHttp2Stream {
  const stream = to.request({ ':method': 'CONNECT', ':authority': 'cluster', ...headers });
  return stream.on('error', () => undefined);
}

async function statusOf(stream: ClientHttp2Stream): Promise<number> {
  const answered = once(stream, 'response').then(
    ([headers]) => (headers as { ':status': number })[':status'],
  );
  return Promise.race([answered, once(stream, 'close').then(() => 0)]);
}

const readyz = async () => (await fetch(`${connector?.addresses['http'] ?? ''}/readyz`)).status;

describe('a connector and its gateway', () => {
  it('says who it is once, and twice where there is one gateway only', async () => {
    await start();
    await session();
    const hello = { connection: 'edge', token, name: 'one', served: [] };
    expect(hellos).toStrictEqual([hello, hello]);
    expect(await readyz()).toBe(200);
  });

  it('listens on loopback for its health, and nowhere else', async () => {
    await start();
    expect(Object.keys(connector?.addresses ?? {})).toStrictEqual(['http']);
    expect(connector?.addresses['http']).toMatch(/^http:\/\/127\.0\.0\.1:/);
  });

  it('says its token to nobody whose certificate is not from its authority', async () => {
    const other = await createCertificateAuthority('somebody');
    await writeFile(join(directory, 'other.pem'), other.certificate);
    await start({ GATEWAY_CA_FILE: join(directory, 'other.pem') });
    await eventually(() => expect(log.join('')).toContain('gateway_unreachable'));
    expect(hellos).toStrictEqual([]);
    expect(await readyz()).toBe(503);
  });

  it('reads its token again for every connection', async () => {
    answer = (_hello, socket) => socket.end('{"refused":"connector_token_refused"}\n');
    await start();
    await eventually(() => expect(hellos.length).toBeGreaterThan(0));
    const renewed = `dbc_${randomBytes(32).toString('base64url')}`;
    await writeFile(join(directory, 'token'), renewed);
    await eventually(() => expect(hellos.at(-1)).toMatchObject({ token: renewed }));
    expect(log.join('')).toContain('gateway_refused');
    expect(log.join('')).not.toContain(renewed.slice(4));
    expect(log.join('')).not.toContain(token.slice(4));
  });

  it.each([
    ['no JSON', 'HTTP/1.1 400 Bad Request\r\n\r\n'],
    ['another shape', '{"gateway":"x"}\n'],
    ['a line without end', 'x'.repeat(10_000)],
  ])('tries again when it is answered with %s', async (_what, text) => {
    answer = (_hello, socket) => socket.write(text);
    await start();
    await eventually(() => expect(hellos.length).toBeGreaterThan(1));
    answer = (_hello, socket) => welcome(socket);
    await session();
  });

  it.each([
    ['no file', undefined],
    ['an agent token', 'eyJhbGciOiJSUzI1NiJ9.e30.c2ln'],
    ['a short one', 'dbc_short'],
  ])('does not start with %s as its token', async (_what, text) => {
    if (text === undefined) await rm(join(directory, 'token'));
    else await writeFile(join(directory, 'token'), text);
    const started = start();
    await expect(started).rejects.toMatchObject({ code: 'config_invalid' });
    await expect(started).rejects.not.toThrow(text ?? 'dbc_');
  });

  it('comes back for ever when its sessions end', async () => {
    await start();
    for (let turn = 0; turn < 3; turn += 1) {
      await session();
      const old = sessions.splice(0);
      for (const each of old) each.destroy();
    }
    await session();
  });
});

describe('what passes through a connector', () => {
  it('is bytes, both ways, and an end of one direction only', async () => {
    const bytes = randomBytes(4 * 1024 * 1024);
    onSocket = (socket) => {
      const chunks: Buffer[] = [];
      socket.on('data', (chunk: Buffer) => chunks.push(chunk));
      socket.on('end', () => socket.end(Buffer.concat(chunks)));
    };
    await start();
    const stream = tunnel(await session());
    stream.end(bytes);
    const back: Buffer[] = [];
    for await (const chunk of stream) back.push(chunk as Buffer);
    expect(Buffer.concat(back).equals(bytes)).toBe(true);
    await eventually(() => expect(atCluster.size).toBe(0));
  });

  it('ends with an error when the cluster breaks off', async () => {
    onSocket = (socket) => {
      socket.write('half');
      socket.once('data', () => socket.resetAndDestroy());
    };
    await start();
    const stream = tunnel(await session());
    stream.write('x');
    stream.resume();
    await eventually(() => expect(stream.closed).toBe(true));
    expect(stream.rstCode).not.toBe(0);
  });

  it('ends at the cluster when the gateway gives it up', async () => {
    await start();
    const stream = tunnel(await session());
    expect(await statusOf(stream)).toBe(200);
    await eventually(() => expect(atCluster.size).toBe(1));
    stream.close(8);
    await eventually(() => expect(atCluster.size).toBe(0));
  });

  it('T24 is held back where it is not read', async () => {
    let written = 0;
    onSocket = (socket) => {
      const chunk = Buffer.alloc(64 * 1024);
      const write = () => {
        while (written < 200 * 1024 * 1024 && socket.write(chunk)) written += chunk.length;
        socket.once('drain', write);
      };
      write();
    };
    await start();
    const stream = tunnel(await session()).pause();
    expect(await statusOf(stream)).toBe(200);
    await eventually(async () => {
      const before = written;
      await new Promise((resolve) => setTimeout(resolve, 200));
      expect(written).toBe(before);
    });
    expect(written).toBeLessThan(16 * 1024 * 1024);
    stream.close(8);
  });

  it('is refused when the API server is not there', async () => {
    const closed = createTcpServer();
    const port = await listen(closed);
    closed.close();
    await start({ API_SERVER: `127.0.0.1:${port}` });
    expect(await statusOf(tunnel(await session()))).toBe(502);
  });
});

describe('a gateway that means harm', () => {
  it.each([
    ['another address', { ':authority': '169.254.169.254:80' }],
    ['an address with a name', { ':authority': 'cluster:22' }],
    ['the address of the API server', { ':authority': '127.0.0.1:443' }],
    ['no CONNECT', { ':method': 'GET', ':scheme': 'https', ':path': '/', ':authority': 'cluster' }],
    [
      'a path',
      { ':method': 'POST', ':scheme': 'https', ':path': '/other', ':authority': 'cluster' },
    ],
  ])('T19 gets no connection with %s', async (_what, headers) => {
    await start();
    const to = await session();
    const stream = to.request(headers).on('error', () => undefined);
    stream.end();
    expect(await statusOf(stream)).toBe(403);
    expect(atCluster.size).toBe(0);
  });

  it('T19 has its words about other gateways taken for ids only', async () => {
    await start();
    const to = await session();
    const peers = { ':method': 'POST', ':path': '/peers', 'drawbridge-peers': 'https://evil.test' };
    const stream = to.request(peers, { endStream: true });
    expect(await statusOf(stream)).toBe(400);
  });

  it('T25 says goodbye and stays on the line, and another session takes the place', async () => {
    const held: TLSSocket[] = [];
    // RFC 9113: what begins a connection, empty SETTINGS, and a GOAWAY without an error.
    const goodbye = Buffer.concat([
      Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'),
      Buffer.from([0, 0, 0, 4, 0, 0, 0, 0, 0]),
      Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, ...Array<number>(8).fill(0)]),
    ]);
    answer = (_hello, socket) => {
      held.push(socket);
      const words = { gateway: gatewayId, peers: [gatewayId], surplus: false };
      socket.write(`${JSON.stringify(words)}\n`, () => socket.write(goodbye));
      socket.resume();
    };
    await start();
    await eventually(() => expect(held.length).toBeGreaterThan(0));
    answer = (_hello, socket) => welcome(socket);
    await session();
    await eventually(() => expect(log.join('')).toContain('a session with a gateway ended'));
    for (const socket of held) socket.destroy();
    expect(await readyz()).toBe(200);
  });

  it('T25 gets as many streams as are configured, and the others go on', async () => {
    await start({ MAX_STREAMS: '50' });
    const to = await session();
    await eventually(() => expect(to.remoteSettings.maxConcurrentStreams).toBe(50));
    const streams = Array.from({ length: 200 }, () => tunnel(to));
    await eventually(() => expect(atCluster.size).toBe(50));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(atCluster.size).toBe(50);
    for (const stream of streams) stream.close(8);
    await eventually(() => expect(atCluster.size).toBe(0));
  });

  it('T25 asks for 10 000 streams, one after the other, and leaves nothing behind', async () => {
    onSocket = (socket) => socket.pipe(socket);
    await start();
    const to = await session();
    for (let round = 0; round < 20; round += 1) {
      const streams = Array.from({ length: 500 }, () => tunnel(to));
      await Promise.all(streams.map(statusOf));
      for (const stream of streams) stream.close(8);
    }
    await eventually(() => expect(atCluster.size).toBe(0));
    const { figures } = (await (
      await fetch(`${connector?.addresses['http'] ?? ''}/readyz`)
    ).json()) as {
      figures: { sessions: number; streams: number };
    };
    expect(figures).toStrictEqual({ sessions: 2, streams: 0 });
  });
});
