import { sensitiveHeaders } from 'node:http2';
import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { OwnCallKeys } from '@drawbridge/runtime';
import { eventually } from '@drawbridge/testing';
import { collect } from './collected-answer.js';
import { startHttp2Server, type ArrivedCall, type Http2Server } from './http2-server.js';
import { get, identity, upstreamTo, type UpstreamUnderTest } from './upstream-under-test.js';

const COMMAND = '0198f000-0000-7000-8000-000000000001';
const OWN = '0198f000-0000-7000-8000-00000000000f';

let server: Http2Server;
let cluster: UpstreamUnderTest;

beforeEach(() => open());

afterEach(() => close());

async function open(
  options: Parameters<typeof startHttp2Server>[0] = {},
  ownCalls?: Pick<OwnCallKeys, 'idFor'>,
): Promise<void> {
  server = await startHttp2Server(options);
  cluster = upstreamTo(server, { ownCalls: ownCalls as OwnCallKeys });
}

async function close(): Promise<void> {
  await cluster.upstream.destroy();
  await server.close();
}

const one = (name: string) => get({ target: `/api/v1/namespaces/a/pods/${name}`, oneObject: true });
const many = (count: number, prefix = 'pod') =>
  Array.from({ length: count }, (_, index) => cluster.ask(one(`${prefix}-${String(index)}`)));
const protocols = () => server.calls.map(({ protocol }) => protocol);

/** Calls side by side until there is a connection for them. */
async function share(): Promise<void> {
  const held: ArrivedCall[] = [];
  server.script((call) => held.push(call));
  const answers = many(5, 'first');
  await eventually(() => {
    expect(held).toHaveLength(5);
    expect(server.sessions).toHaveLength(1);
  });
  server.script((call) => call.answer());
  for (const call of held) call.answer();
  await Promise.all(answers);
  await eventually(async () => {
    await cluster.ask(one('is-it-there'));
    expect(server.calls.at(-1)?.protocol).toBe('h2');
  });
  server.calls.length = 0;
}

describe('reads of one object', () => {
  it('have connections of their own while they come one by one', async () => {
    for (let index = 0; index < 5; index += 1) await cluster.ask(one('checkout'));
    expect(protocols()).toStrictEqual(Array(5).fill('http/1.1'));
    expect(server.sessions).toHaveLength(0);
  });

  it('share one connection when they come side by side', async () => {
    await share();
    const answers = await Promise.all(many(50));
    expect(answers.map(({ statusCode, body }) => [statusCode, body])).toStrictEqual(
      Array(50).fill([200, '{}']),
    );
    expect(protocols()).toStrictEqual(Array(50).fill('h2'));
    expect(server.sessions).toHaveLength(1);
  });

  it('say over HTTP/2 what they say over HTTP/1.1', async () => {
    await cluster.ask(one('checkout'));
    const [before] = server.calls;
    await share();
    await cluster.ask(one('checkout'));
    const [call] = server.calls;
    expect(call?.path).toBe(before?.path);
    const { host, connection, ...plain } = before?.headers ?? {};
    expect([connection, plain['authorization']]).toStrictEqual([undefined, 'Bearer ours']);
    expect({ ...call?.headers }).toStrictEqual({
      ...plain,
      ':authority': host,
      ':method': 'GET',
      ':path': '/base/api/v1/namespaces/a/pods/checkout',
      ':scheme': 'https',
      [sensitiveHeaders]: ['authorization'],
    });
  });

  it('get the answer with its status and headers', async () => {
    await share();
    server.script(({ stream }) => {
      stream?.respond({ ':status': 404, 'audit-id': 'abc', 'x-two': ['1', '2'] });
      stream?.end('not there');
    });
    const { statusCode, rawHeaders, body } = await cluster.ask(one('nothing'));
    expect([statusCode, body]).toStrictEqual([404, 'not there']);
    expect(rawHeaders.join(' ')).toContain('audit-id abc x-two 1 x-two 2');
  });

  it.each(['longer than a window', 'in pieces'])('get a body that is %s', async (how) => {
    await share();
    const text = 'abcdefghij'.repeat(100_000);
    server.script(({ stream }) => {
      stream?.respond({ ':status': 200 });
      if (how === 'in pieces') for (const part of ['x', 'y', text]) stream?.write(part);
      stream?.end(text);
    });
    const { body } = await cluster.ask(one('large'));
    expect(body).toBe(how === 'in pieces' ? `xy${text}${text}` : text);
  });

  it('of whom nobody waits any more are given up at the cluster', async () => {
    await share();
    server.script(() => undefined);
    const { promise: closed, resolve } = Promise.withResolvers<number | undefined>();
    server.script(({ stream }) => stream?.on('close', () => resolve(stream.rstCode)));
    const flow = cluster.prepare().send(one('slow'), collect());
    await eventually(() => expect(server.calls).toHaveLength(1));
    flow.abort();
    expect(await closed).toBe(8);
    server.script((call) => call.answer());
    expect(await cluster.ask(one('next'))).toMatchObject({ statusCode: 200 });
  });
});

describe('all other calls', () => {
  it.each([
    ['a list', get({ target: '/api/v1/namespaces/a/pods' })],
    [
      'what changes something',
      get({ ...one('checkout'), method: 'DELETE', readOnly: false, oneObject: false }),
    ],
    ['a watch', get({ target: '/api/v1/pods?watch=true', longRunning: true })],
  ])('have connections of their own: %s', async (_, request) => {
    await share();
    await cluster.ask(request);
    expect(protocols()).toStrictEqual(['http/1.1']);
  });
});

describe('a slow reader', () => {
  it('gets a window, and all the rest when it reads on', async () => {
    await share();
    const text = 'x'.repeat(2_000_000);
    let sent = 0;
    server.script(({ stream }) => {
      stream?.respond({ ':status': 200 });
      const write = () => {
        while (sent < text.length) {
          sent += 10_000;
          if (stream?.write('x'.repeat(10_000)) === false) {
            stream.once('drain', write);
            return;
          }
        }
        stream?.end();
      };
      write();
    });
    const reader = collect();
    const flow = cluster.prepare().send(one('large'), {
      ...reader,
      onHead: (status, headers) => {
        reader.onHead(status, headers);
        flow.pause();
      },
    });
    await eventually(() => expect(sent).toBeGreaterThan(200_000));
    server.script((call) => call.answer());
    // Others go by.
    await Promise.all(many(20));
    await delay(50);
    expect(sent).toBeLessThan(600_000);
    flow.resume();
    expect((await reader.answer).body).toHaveLength(text.length);
  });
});

describe('T25 an agent with many calls', () => {
  const other = { ...identity, agent: { ...identity.agent, subject: 'other' } };
  let held: ArrivedCall[];
  const onHttp2 = () => held.filter(({ protocol }) => protocol === 'h2');

  beforeEach(async () => {
    await close();
    await open({ maxConcurrentStreams: 20 });
    await share();
    held = [];
    server.script((call) => held.push(call));
  });

  it('leaves some streams for others, and its calls that wait go elsewhere', async () => {
    const answers = many(30);
    await eventually(() => expect(held).toHaveLength(30));
    expect(onHttp2()).toHaveLength(12);
    for (const call of held) call.answer();
    await Promise.all(answers);
  });

  it('has half of them when others call too', async () => {
    const prepared = cluster.upstream.prepare(other);
    if (prepared instanceof Promise) throw new TypeError('a promise');
    const listener = collect((each) => prepared.send(one('of-other'), each));
    await eventually(() => expect(held).toHaveLength(1));
    const answers = many(30);
    await eventually(() => expect(held).toHaveLength(31));
    expect(onHttp2()).toHaveLength(11);
    for (const call of held) call.answer();
    await Promise.all([listener.answer, ...answers]);
  });

  it('has them one after the other when each is over soon', async () => {
    server.script((call) => call.answer());
    await Promise.all(many(200));
    expect(server.calls.filter(({ protocol }) => protocol === 'h2').length).toBeGreaterThan(100);
  });
});

describe('a shared connection that ends', () => {
  it.each([
    ['breaks off', true, ({ stream }: ArrivedCall) => stream?.session?.destroy()],
    ['is closed by the cluster', false, ({ stream }: ArrivedCall) => stream?.session?.goaway(0, 1)],
    ['takes no more calls', false, ({ stream }: ArrivedCall) => stream?.close(7)],
  ])('loses no read when it %s', async (_, seen, end) => {
    await close();
    await open({}, { idFor: () => OWN });
    await share();
    let isFirst = true;
    server.script((call) => {
      if (!isFirst || call.protocol === 'http/1.1') call.answer();
      else end(call);
      isFirst = false;
    });
    const answers = await Promise.all(
      Array.from({ length: 8 }, () => cluster.ask({ ...one('pod'), auditId: COMMAND })),
    );
    expect(answers.map(({ statusCode }) => statusCode)).toStrictEqual(Array(8).fill(200));
    // Under the id of its command it goes out twice only when the cluster has not looked at it.
    const again = server.calls.filter(({ protocol }) => protocol === 'http/1.1');
    expect(again.length).toBeGreaterThan(0);
    expect(new Set(again.map(({ headers }) => headers['audit-id']))).toStrictEqual(
      new Set([seen ? OWN : COMMAND]),
    );
  });

  it('fails the answer that had begun, and no other', async () => {
    await share();
    server.script((call) => {
      if (!call.path.endsWith('pod-0') || call.protocol === 'http/1.1') return;
      call.stream?.respond({ ':status': 200 });
      call.stream?.write('half');
    });
    const reader = collect((listener) => cluster.prepare().send(one('pod-0'), listener));
    await eventually(() => expect(reader.events).toContain('data'));
    const waiting = many(3, 'other');
    await eventually(() => expect(server.calls).toHaveLength(4));
    server.script((call) => call.answer());
    server.sessions[0]?.destroy();
    expect((await reader.answer).error).toMatchObject({ kind: 'broken' });
    for (const { statusCode } of await Promise.all(waiting)) expect(statusCode).toBe(200);
  });

  it('is made anew', async () => {
    await share();
    server.sessions[0]?.close();
    await eventually(() => expect(server.sessions[0]?.closed).toBe(true));
    server.script((call) => setTimeout(() => call.answer(), 5));
    await eventually(async () => {
      await Promise.all(many(12));
      expect(server.sessions).toHaveLength(2);
    });
  });
});

describe('a cluster that speaks HTTP/1.1 only', () => {
  it('is spoken to in HTTP/1.1', async () => {
    await close();
    await open({ http1Only: true });
    server.script((call) => setTimeout(() => call.answer(), 5));
    for (let round = 0; round < 5; round += 1) {
      for (const { statusCode } of await Promise.all(many(12))) expect(statusCode).toBe(200);
    }
    expect(new Set(protocols())).toStrictEqual(new Set(['http/1.1']));
  });
});

describe('what is seen from outside', () => {
  it('counts the connection, and ends it with the others', async () => {
    await share();
    await eventually(() =>
      expect(cluster.upstream.health().idle).toBe(cluster.upstream.health().sockets),
    );
    expect(cluster.upstream.health().sockets).toBeGreaterThan(1);
    cluster.upstream.renew();
    await eventually(() => expect(server.sessions[0]?.closed).toBe(true));
  });
});
