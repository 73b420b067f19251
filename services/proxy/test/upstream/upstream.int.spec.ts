import { PassThrough, Readable } from 'node:stream';
import { TLSSocket } from 'node:tls';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { CallRefused } from '../../src/domain/call-refused.js';
import type { UpstreamFlow } from '../../src/upstream/upstream.js';
import { collect } from './collected-answer.js';
import {
  startScriptedServer,
  type ScriptedConnection,
  type ScriptedServer,
} from './scripted-server.js';
import { endpointOf, get, upstreamTo, type UpstreamUnderTest } from './upstream-under-test.js';

let server: ScriptedServer;
let cluster: UpstreamUnderTest;

beforeEach(async () => {
  server = await startScriptedServer({ tls: true });
  cluster = upstreamTo(server);
});

afterEach(async () => {
  await cluster.upstream.destroy();
  await server.close();
});

const ok = (body: string) => `HTTP/1.1 200 OK\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
const connection = async (index: number) =>
  eventually(() => {
    const found = server.connections[index];
    if (found === undefined) throw new Error(`no connection ${String(index)} yet`);
    return found;
  });

/** Answers every request with `answers`, in their order, then with the last one again. */
function answering(...answers: readonly string[]): void {
  let asked = 0;
  server.script(async (client) => {
    while (!client.socket.destroyed) {
      await client.until('\r\n\r\n');
      client.received = '';
      await client.say(answers[Math.min(asked, answers.length - 1)] ?? '');
      asked += 1;
    }
  });
}

describe('a call', () => {
  it('is one head below the path of the server, and its answer is passed on', async () => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      await client.say(ok('{}'));
    });
    expect(await cluster.ask()).toStrictEqual({
      statusCode: 200,
      rawHeaders: ['Content-Length', '2'],
      body: '{}',
    });
    expect(server.connections[0]?.received).toBe(
      [
        'GET /base/api/v1/pods HTTP/1.1',
        `host: 127.0.0.1:${server.port}`,
        'accept: application/json',
        'authorization: Bearer ours',
        '',
        '',
      ].join('\r\n'),
    );
  });

  it('uses the connection of the one before it', async () => {
    answering(ok('a'));
    for (let call = 0; call < 5; call += 1)
      expect(await cluster.ask()).toMatchObject({ body: 'a' });
    expect(server.connections).toHaveLength(1);
    expect(cluster.upstream.health()).toStrictEqual({
      state: 'working',
      sockets: 1,
      idle: 1,
      waiting: 0,
      shared: 0,
    });
  });

  const sessionOf = ({ socket }: ScriptedConnection) =>
    socket instanceof TLSSocket && socket.isSessionReused() ? 'resumed' : 'new';

  it('resumes the TLS session of the one before it', async () => {
    answering(`HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na`);
    await cluster.ask();
    await cluster.ask();
    expect(server.connections.map(sessionOf)).toStrictEqual(['new', 'resumed']);
  });

  it('with another certificate authority has connections of its own', async () => {
    answering(ok('a'));
    await cluster.ask();
    cluster.move(endpointOf(server));
    await cluster.ask();
    const [before, after] = server.connections;
    await eventually(() => expect(before?.socket.destroyed).toBe(true));
    expect(after && sessionOf(after)).toBe('new');
  });

  it('to a server whose certificate is not believed is never sent', async () => {
    const other = await startScriptedServer({ tls: true });
    const { certificateAuthority } = endpointOf(other);
    cluster.move({ ...endpointOf(server), certificateAuthority });
    expect((await cluster.ask()).error).toMatchObject({ kind: 'unreachable' });
    expect(server.connections).toHaveLength(0);
    await other.close();
  });

  it('answered with 401 tells the credential so', async () => {
    answering('HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\n\r\n');
    expect(await cluster.ask()).toMatchObject({ statusCode: 401 });
    expect(cluster.refusals()).toBe(1);
  });

  it('is not sent at all with a header that is none', () => {
    const request = get({ headers: ['x', 'a\r\nb: c'] });
    expect(() => cluster.prepare().send(request, collect())).toThrow(TypeError);
    expect(server.connections).toHaveLength(0);
  });

  it('that ends by us ends its connection, and nothing more is heard of it', async () => {
    const listener = collect();
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      await client.say('HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n', 'abc');
    });
    const flow = cluster.prepare().send(get(), listener);
    await eventually(() => expect(listener.events).toContain('data'));
    flow.abort();
    flow.abort();
    const { socket } = await connection(0);
    await eventually(() => expect(socket.destroyed).toBe(true));
    expect(listener.events).toStrictEqual(['head', 'data']);
    expect(cluster.upstream.health().sockets).toBe(0);
  });

  it('that ends by us while it waits for a connection is never sent', async () => {
    answering(ok('a'));
    const listener = collect();
    cluster.prepare().send(get(), listener).abort();
    await eventually(() => expect(cluster.upstream.health().idle).toBe(1));
    // The server hears of a connection later than who made it.
    await eventually(() => expect(server.connections[0]?.received).toBe(''));
    expect(listener.events).toStrictEqual([]);
  });

  it('is held back as long as its reader wants it so', async () => {
    let written = 0;
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      client.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: ${String(64 * 1_048_576)}\r\n\r\n`);
      const more = () => {
        while (written < 64 && client.socket.write(Buffer.alloc(1_048_576))) written += 1;
        if (written === 64) return;
        client.socket.once('drain', () => {
          written += 1;
          more();
        });
      };
      more();
    });
    let bytes = 0;
    const ended = Promise.withResolvers<number>();
    const flow: UpstreamFlow = cluster.prepare().send(get(), {
      onHead: () => undefined,
      onData: (chunk) => {
        if (bytes === 0) flow.pause();
        bytes += chunk.length;
      },
      onEnd: () => ended.resolve(bytes),
      onError: (error) => ended.reject(error),
    });
    await eventually(() => expect(bytes).toBeGreaterThan(0));
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(bytes).toBeLessThan(1_048_576);
    expect(written).toBeLessThan(32);
    flow.resume();
    expect(await ended.promise).toBe(64 * 1_048_576);
  });
});

describe('a body', () => {
  const post = (body: Readable, contentLength?: number) =>
    get({
      method: 'POST',
      body,
      readOnly: false,
      ...(contentLength !== undefined && { contentLength }),
    });

  it('of a known length is sent as it is', async () => {
    server.script(async (client) => {
      await client.until('world');
      await client.say(ok('a'));
    });
    const body = Readable.from([Buffer.from('hello '), Buffer.from('world')]);
    expect(await cluster.ask(post(body, 11))).toMatchObject({ body: 'a' });
    expect(server.connections[0]?.received).toMatch(/content-length: 11\r\n\r\nhello world$/);
  });

  it('of an unknown length is sent in chunks', async () => {
    server.script(async (client) => {
      await client.until('0\r\n\r\n');
      await client.say(ok('a'));
    });
    const body = Readable.from([Buffer.from('hello '), Buffer.alloc(0), Buffer.from('world')]);
    expect(await cluster.ask(post(body))).toMatchObject({ body: 'a' });
    expect(server.connections[0]?.received).toMatch(
      /transfer-encoding: chunked\r\n\r\n6\r\nhello \r\n5\r\nworld\r\n0\r\n\r\n$/,
    );
  });

  it.each([
    ['shorter', 5],
    ['longer', 3],
  ])('that is %s than announced ends the call and its connection', async (_, length) => {
    const answer = await cluster.ask(post(Readable.from([Buffer.from('1234')]), length));
    expect(answer.error).toBeInstanceOf(TypeError);
    expect(cluster.upstream.health().sockets).toBe(0);
  });

  it('that breaks off ends the call and its connection', async () => {
    const body = new PassThrough();
    const asked = cluster.ask(post(body));
    body.write('1234');
    const client = await connection(0);
    await client.until('1234');
    body.destroy();
    expect((await asked).error).toBeInstanceOf(Error);
    await eventually(() => expect(client.socket.destroyed).toBe(true));
    expect(client.received).not.toContain('0\r\n\r\n');
  });

  it('is refused in the middle by whoever counts it', async () => {
    const listener = collect();
    const tooLarge = new CallRefused('body_too_large', 'too large');
    const body = new PassThrough();
    cluster.prepare().send(post(body), {
      ...listener,
      onRequestData: (bytes) => {
        if (bytes > 4) throw tooLarge;
      },
    });
    body.write('1234');
    const client = await connection(0);
    await client.until('1234');
    body.write('56789');
    expect((await listener.answer).error).toBe(tooLarge);
    expect(client.received).not.toContain('56789');
    expect(body.destroyed).toBe(false);
  });

  it('is held back as long as the cluster does not read', async () => {
    server.script(({ socket }) => {
      socket.pause();
    });
    let produced = 0;
    const body = new Readable({
      read() {
        produced += 1;
        this.push(Buffer.alloc(65_536));
      },
    });
    const flow = cluster.prepare().send(post(body), collect());
    let before = -1;
    await eventually(async () => {
      before = produced;
      await new Promise((resolve) => setTimeout(resolve, 100));
      expect(produced).toBeGreaterThan(0);
      expect(produced).toBe(before);
    });
    expect(produced * 65_536).toBeLessThan(32 * 1_048_576);
    flow.abort();
    expect(body.destroyed).toBe(false);
    expect(body.isPaused()).toBe(true);
  });

  it('that is answered before it has come whole is left where it is, and the connection ends', async () => {
    const refused = 'HTTP/1.1 413 Payload Too Large\r\nContent-Length: 2\r\n\r\nno';
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      await client.say(refused);
    });
    const body = new PassThrough();
    body.write('1234');
    expect(await cluster.ask(post(body))).toMatchObject({ statusCode: 413, body: 'no' });
    const { socket } = await connection(0);
    await eventually(() => expect(socket.destroyed).toBe(true));
    expect([body.destroyed, body.isPaused()]).toStrictEqual([false, true]);
    expect(cluster.upstream.health().sockets).toBe(0);
  });
});

describe('a kept connection', () => {
  /** The first connection answers once and dies under the next call; others answer. */
  const dyingUnderACall = (lastWords = '') => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      client.received = '';
      await client.say(ok('first'));
      await client.until('\r\n\r\n');
      if (client.index > 0) return;
      if (lastWords !== '') await client.say(lastWords);
      client.socket.destroy();
    });
  };

  it('that dies under a read is replaced, once', async () => {
    dyingUnderACall();
    await cluster.ask();
    expect(await cluster.ask()).toMatchObject({ body: 'first' });
    expect(server.connections).toHaveLength(2);
  });

  it('that dies again under the same read fails it', async () => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      if (client.index === 0) {
        client.received = '';
        await client.say(ok('first'));
        await client.until('\r\n\r\n');
      }
      client.socket.destroy();
    });
    await cluster.ask();
    expect((await cluster.ask()).error).toMatchObject({ kind: 'broken' });
    expect(server.connections).toHaveLength(2);
  });

  it.each([
    ['POST', get({ method: 'POST', readOnly: false })],
    ['a GET that may change something', get({ readOnly: false })],
    ['a read with a body', get({ body: Readable.from([Buffer.from('x')]), contentLength: 1 })],
  ])('that dies under %s is not: it may have been done', async (_, request) => {
    dyingUnderACall();
    await cluster.ask();
    expect((await cluster.ask(request)).error).toMatchObject({ kind: 'broken' });
    expect(server.connections).toHaveLength(1);
  });

  it('that dies in the middle of an answer is not', async () => {
    dyingUnderACall('HTTP/1.1 2');
    await cluster.ask();
    expect((await cluster.ask()).error).toMatchObject({ kind: 'broken' });
    expect(server.connections).toHaveLength(1);
  });

  it('that never served a call is not replaced when it dies', async () => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      client.socket.destroy();
    });
    expect((await cluster.ask()).error).toMatchObject({ kind: 'broken' });
    expect(server.connections).toHaveLength(1);
  });

  it.each([
    ['with bytes behind it', `${ok('a')}x`],
    ['with another answer behind it', `${ok('a')}${ok('smuggled')}`],
    ['that says it ends', 'HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 1\r\n\r\na'],
    [
      'that is kept for no time',
      'HTTP/1.1 200 OK\r\nKeep-Alive: timeout=1\r\nContent-Length: 1\r\n\r\na',
    ],
  ])('T23 is not used again after an answer %s', async (_, answer) => {
    answering(answer);
    expect(await cluster.ask()).toMatchObject({ body: 'a' });
    expect(await cluster.ask()).toMatchObject({ body: 'a' });
    expect(server.connections).toHaveLength(2);
  });

  it('T23 on which something comes unasked is not used again', async () => {
    answering(ok('a'));
    await cluster.ask();
    await server.connections[0]?.say(ok('smuggled'));
    await eventually(() => expect(cluster.upstream.health().sockets).toBe(0));
    expect(await cluster.ask()).toMatchObject({ body: 'a' });
  });

  it('that the other side ends while idle is gone', async () => {
    answering(ok('a'));
    await cluster.ask();
    server.connections[0]?.socket.end();
    await eventually(() => expect(cluster.upstream.health().sockets).toBe(0));
  });
});

describe('long calls', () => {
  it('have connections of their own, however many they are', async () => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      if (client.received.includes('watch')) {
        await client.say('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n', '1\r\nw\r\n');
      } else await client.say(ok('short'));
    });
    const watches = Array.from({ length: 300 }, () => {
      const listener = collect();
      const request = get({ target: '/api/v1/pods?watch=1', longRunning: true });
      return { listener, flow: cluster.prepare().send(request, listener) };
    });
    await eventually(() => {
      for (const { listener } of watches) expect(listener.events).toContain('data');
    });
    expect(await cluster.ask()).toMatchObject({ body: 'short' });
    for (const { flow } of watches) flow.abort();
    await eventually(() => expect(cluster.upstream.health().sockets).toBe(1));
  });
});

describe('T7 an upgrade', () => {
  const upgrading = () =>
    get({ headers: ['connection', 'Upgrade', 'upgrade', 'websocket'], longRunning: true });
  const upgrade = () => cluster.prepare().upgrade(upgrading(), new AbortController().signal);

  it('is handed over with a 101, bytes behind it included', async () => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      await client.say('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\n\r\nfra', 'mes');
      await client.until('ping');
      await client.say('pong');
    });
    const answer = await upgrade();
    if (!answer.switched) throw new Error('not switched');
    let received = answer.head.toString();
    answer.socket.on('data', (chunk: Buffer) => (received += chunk.toString()));
    answer.socket.resume();
    await eventually(() => expect(received).toBe('frames'));
    answer.socket.write('ping');
    await eventually(() => expect(received).toBe('framespong'));
    answer.socket.destroy();
    expect(cluster.upstream.health().sockets).toBe(0);
  });

  it.each([
    ['200', ok('not switched'), 200],
    ['403', 'HTTP/1.1 403 Forbidden\r\nContent-Length: 12\r\n\r\nnot switched', 403],
    [
      'a redirect',
      'HTTP/1.1 302 Found\r\nContent-Length: 12\r\nLocation: /\r\n\r\nnot switched',
      302,
    ],
    ['an end of the connection', 'HTTP/1.1 500 No\r\n\r\nnot switched', 500],
  ])(
    'answered with %s ends its connection, which carries nothing else',
    async (_, bytes, statusCode) => {
      server.script(async (client) => {
        await client.until('\r\n\r\n');
        await client.say(bytes);
        if (statusCode === 500) client.socket.end();
      });
      const answer = await upgrade();
      if (answer.switched) throw new Error('switched');
      expect(answer).toMatchObject({ statusCode });
      expect(answer.body.toString()).toBe('not switched');
      const { socket } = await connection(0);
      await eventually(() => expect(socket.destroyed).toBe(true));
      server.script(async (client) => {
        await client.until('\r\n\r\n');
        await client.say(ok('another'));
      });
      expect(await cluster.ask()).toMatchObject({ body: 'another' });
      expect(server.connections).toHaveLength(2);
    },
  );

  it('answered with more than anybody reads is cut off', async () => {
    answering(`HTTP/1.1 403 Forbidden\r\nContent-Length: 1000000\r\n\r\n${'x'.repeat(200_000)}`);
    const answer = await upgrade();
    expect(!answer.switched && answer.body.length).toBe(65_536);
  });

  it.each([
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n', 'not_http'],
    [
      'two lengths',
      'HTTP/1.1 403 No\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\na',
      'not_http',
    ],
    ['half an answer', 'HTTP/1.1 403 No\r\nContent-Length: 10\r\n\r\nab', 'broken'],
    ['nothing', '', 'broken'],
  ])('answered with %s is none', async (_, bytes, kind) => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
      await client.say(bytes);
      client.socket.end();
    });
    await expect(upgrade()).rejects.toMatchObject({ kind });
  });

  it('is not waited for any longer than wanted', async () => {
    const abort = new AbortController();
    const asked = cluster.prepare().upgrade(upgrading(), abort.signal);
    const client = await connection(0);
    await client.until('\r\n\r\n');
    abort.abort(new Error('enough'));
    await expect(asked).rejects.toThrow('enough');
    await eventually(() => expect(client.socket.destroyed).toBe(true));
  });
});

describe('T8 a redirect', () => {
  it('is an answer like others: nothing is asked of another place', async () => {
    answering(
      'HTTP/1.1 307 Temporary Redirect\r\nLocation: https://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n',
    );
    expect(await cluster.ask()).toMatchObject({ statusCode: 307 });
    expect(server.connections).toHaveLength(1);
  });
});

describe('a cluster that is down', () => {
  const down = async () => {
    const { certificateAuthority } = endpointOf(server);
    await server.close();
    return { server: new URL(`https://127.0.0.1:${server.port}`), certificateAuthority };
  };
  const refusal = () => {
    try {
      cluster.prepare();
      return undefined;
    } catch (error) {
      return error instanceof CallRefused ? error : undefined;
    }
  };

  it('is suspended after some calls: others are refused at once, and hold nothing', async () => {
    cluster.move(await down());
    for (let call = 0; call < 5; call += 1) {
      expect((await cluster.ask()).error).toMatchObject({ kind: 'unreachable' });
    }
    expect(refusal()).toMatchObject({ code: 'upstream_suspended' });
    expect(refusal()?.message).not.toContain('127.0.0.1');
    expect(cluster.upstream.health()).toStrictEqual({
      state: 'suspended',
      sockets: 0,
      idle: 0,
      waiting: 0,
      shared: 0,
    });
    expect(cluster.changes).toHaveLength(1);
  });

  it('fails the calls that wait for it when it is suspended', async () => {
    cluster.move(await down());
    const answers = await Promise.all(Array.from({ length: 200 }, () => cluster.ask()));
    const codes = answers.map(({ error }) =>
      error instanceof CallRefused ? error.code : 'failed',
    );
    expect(codes.filter((code) => code === 'upstream_suspended').length).toBeGreaterThan(150);
    await eventually(() =>
      expect(cluster.upstream.health()).toMatchObject({ sockets: 0, waiting: 0 }),
    );
  });

  it('is tried again after a pause, and works when it answers', async () => {
    const good = endpointOf(server);
    cluster.move({ ...good, server: new URL('https://127.0.0.1:1') });
    for (let call = 0; call < 5; call += 1) await cluster.ask();
    cluster.move(good);
    answering(ok('back'));
    await eventually(async () => expect(await cluster.ask()).toMatchObject({ body: 'back' }));
    expect(cluster.changes.at(-1)).toBeUndefined();
    expect(cluster.upstream.health().state).toBe('working');
  });
});

describe('an upstream that is destroyed', () => {
  it('fails what is under way, and what waits', async () => {
    server.script(async (client) => {
      await client.until('\r\n\r\n');
    });
    const under = cluster.ask();
    await (await connection(0)).until('\r\n\r\n');
    await cluster.upstream.destroy();
    expect((await under).error).toMatchObject({ kind: 'unreachable' });
    await eventually(() => expect(server.connections[0]?.socket.destroyed).toBe(true));
  });
});
