import { duplexPair, type Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { settingsFrame } from '../../../test/http2-frames.js';
import { BLOCK, settle } from '../../../test/upstream/http2-cluster.js';
import { UpstreamCall } from '../upstream-call.js';
import { Http2Link } from './http2-link.js';

let link: Http2Link;
/** The cluster's ends of all connections that were made. */
let cluster: Duplex[];
let protocol: string;
/** Whose calls have gone another way: those that waited, and those that had been sent. */
let elsewhere: string[];
let again: string[];
/** Comes before the connection is handed over. */
let early: Buffer | undefined;

beforeEach(() => {
  vi.useFakeTimers({
    toFake: ['setInterval', 'clearInterval', 'setTimeout', 'clearTimeout', 'performance'],
  });
  [cluster, protocol, early] = [[], 'h2', undefined];
  [elsewhere, again] = [[], []];
  link = new Http2Link({
    dial: (_signal, read) => {
      const [ours, theirs] = duplexPair();
      cluster.push(theirs.resume().on('error', () => undefined));
      if (early !== undefined) read?.(early);
      return Promise.resolve(Object.assign(ours, { alpnProtocol: protocol }));
    },
    answerSeconds: 60,
    answered: () => undefined,
    timedOut: () => undefined,
    ready: () => undefined,
    elsewhere: (call) => elsewhere.push(call.agent.subject),
    again: (call) => again.push(call.agent.subject),
  });
});

afterEach(() => {
  link.destroy();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function callOf(subject: string, writes: () => string = () => BLOCK): UpstreamCall {
  const ignore = () => undefined;
  return new UpstreamCall({
    agent: { kind: 'agent', issuer: 'https://idp.test', subject, groups: [] },
    request: {
      method: 'GET',
      target: '/',
      headers: [],
      body: null,
      longRunning: false,
      readOnly: true,
    },
    listener: { onHead: ignore, onData: ignore, onEnd: ignore, onError: ignore },
    prepared: { refused: ignore, headOf: writes, blockOf: writes },
  });
}

/** A connection that takes so many calls. */
async function ready(most: number): Promise<void> {
  link.want();
  await settle();
  cluster.at(-1)?.write(settingsFrame([3, most]));
  await settle();
}

describe('the connection that calls share', () => {
  it('takes none before the other side has said how many', async () => {
    expect(link.send(callOf('a'))).toBe(false);
    link.want();
    link.want();
    await settle();
    expect([link.send(callOf('a')), cluster.length]).toStrictEqual([false, 1]);
  });

  it('is not made again for a while with a server that does not speak it', async () => {
    protocol = 'http/1.1';
    for (let second = 0; second < 599; second += 1) {
      link.want();
      await Promise.resolve();
      vi.advanceTimersByTime(1_000);
    }
    await settle();
    expect([cluster.length, link.sockets]).toStrictEqual([1, 0]);
  });

  it('is not made again at once with a server that speaks before it is asked', async () => {
    early = settingsFrame();
    for (let time = 0; time < 3; time += 1) {
      link.want();
      await settle();
    }
    expect([cluster.length, link.sockets]).toStrictEqual([1, 0]);
  });

  it('is not made again at once with a server that ends it before it has said anything', async () => {
    for (let time = 0; time < 3; time += 1) {
      link.want();
      await settle();
      cluster.at(-1)?.destroy();
      await settle();
      vi.advanceTimersByTime(9_000);
    }
    expect([cluster.length, link.sockets]).toStrictEqual([1, 0]);
  });

  it('ends when nobody has used it for long', async () => {
    await ready(4);
    vi.advanceTimersByTime(60_000);
    await settle();
    expect([link.sockets, vi.getTimerCount()]).toStrictEqual([0, 0]);
  });

  it('is not made for a link that is not used any more', async () => {
    link.want();
    link.retire();
    await settle();
    expect([link.sockets, vi.getTimerCount()]).toStrictEqual([0, 0]);
    link.want();
    expect(cluster).toHaveLength(1);
  });
});

const send = (subject: string, count: number): void => {
  for (let call = 0; call < count; call += 1) link.send(callOf(subject));
};

describe('T25 calls beyond the streams that there are', () => {
  it('leave some for others, and wait for a moment', async () => {
    await ready(20);
    send('a', 15);
    expect([link.streams, link.waiting]).toStrictEqual([12, 3]);
    send('b', 10);
    expect([link.streams, link.waiting]).toStrictEqual([20, 5]);
    expect(elsewhere).toStrictEqual([]);
  });

  it('have half of them at most where others call too', async () => {
    await ready(20);
    send('b', 1);
    send('a', 15);
    expect([link.streams, link.waiting]).toStrictEqual([11, 5]);
  });

  it('get those that come free, whoever has fewest first', async () => {
    await ready(20);
    send('a', 12);
    const aborted = Array.from({ length: 8 }, () => callOf('b'));
    for (const call of aborted) link.send(call);
    send('a', 2);
    send('c', 2);
    for (const call of aborted.slice(0, 2)) call.abort();
    expect([link.streams, link.waiting]).toStrictEqual([20, 2]);
    await passed(10);
    expect(elsewhere).toStrictEqual(['a', 'a']);
  });

  it('go elsewhere a few at a time when none comes free', async () => {
    await ready(20);
    send('a', 12 + 20);
    await passed(10);
    expect([elsewhere.length, link.waiting]).toStrictEqual([8, 12]);
    await passed(10);
    await passed(10);
    expect([elsewhere.length, link.waiting]).toStrictEqual([20, 0]);
  });

  it('go elsewhere at once when the connection ends, as do those on it', async () => {
    await ready(20);
    send('a', 15);
    cluster.at(-1)?.destroy();
    await settle();
    expect([elsewhere.length, again.length, link.sockets]).toStrictEqual([3, 12, 0]);
  });

  it('are forgotten when nobody waits for them any more', async () => {
    await ready(20);
    send('a', 12);
    const call = callOf('a');
    link.send(call);
    call.abort();
    expect(link.waiting).toBe(0);
  });

  it('are refused before they wait when they cannot be sent', async () => {
    await ready(20);
    send('a', 12);
    const refuse = () => {
      throw new TypeError('no header value');
    };
    expect(() => link.send(callOf('a', refuse))).toThrow('no header value');
    expect(() => link.send(callOf('b', refuse))).toThrow('no header value');
    expect([link.streams, link.waiting]).toStrictEqual([12, 0]);
  });
});

async function passed(ms: number): Promise<void> {
  vi.advanceTimersByTime(ms);
  await settle();
}
