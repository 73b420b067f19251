import { duplexPair, type Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';
import { SocketPool } from './socket-pool.js';
import { UpstreamCall } from './upstream-call.js';

let pool: SocketPool;
/** The cluster's ends of all connections that were made. */
let cluster: Duplex[];
/** Whose heads have reached the cluster, in their order. */
let arrived: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  [cluster, arrived] = [[], []];
  pool = poolOf(Infinity);
});

const poolOf = (atOnce: number) =>
  new SocketPool({
    dial: () => {
      const [ours, theirs] = duplexPair();
      theirs.on('data', (head: Buffer) => arrived.push(head.toString()));
      cluster.push(theirs);
      return Promise.resolve(ours);
    },
    breaker: new CircuitBreaker({ clock: () => new Date(0) }),
    suspended: () => new Error('suspended'),
    maxSockets: 16,
    maxAllSockets: 32,
    atOnce,
    maxWaiting: 100,
    answerSeconds: 60,
  });

afterEach(() => {
  pool.destroy();
  vi.useRealTimers();
});

function send(subject: string, count: number): UpstreamCall[] {
  return Array.from({ length: count }, () => {
    const call = new UpstreamCall({
      agent: { kind: 'agent', issuer: 'https://idp.test', subject, groups: [] },
      request: { method: 'GET', target: '/', headers: [], body: null, longRunning: false },
      listener: { onHead: ignore, onData: ignore, onEnd: ignore, onError: ignore },
      prepared: { refused: ignore, headOf: () => subject, blockOf: () => subject },
    });
    pool.send(call);
    return call;
  });
}

const ignore = () => undefined;
/** Lets everything happen that needs no time. */
const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const answer = (index: number) => cluster[index]?.write('HTTP/1.1 204 No Content\r\n\r\n');
const count = (subject: string) => arrived.filter((each) => each === subject).length;

describe('T25 an agent whose calls take long', () => {
  it('has at most the connections that are made for everybody', async () => {
    send('greedy', 40);
    await settle();
    expect([cluster.length, count('greedy'), pool.waiting]).toStrictEqual([16, 16, 24]);
  });

  it('keeps no call of another one waiting', async () => {
    send('greedy', 40);
    await settle();
    send('modest', 8);
    await settle();
    expect(count('modest')).toBe(8);
    expect([count('greedy'), pool.sockets]).toStrictEqual([16, 24]);
  });

  it('gets the next connection only when no agent waits that has fewer', async () => {
    send('greedy', 40);
    await settle();
    send('modest', 12);
    await settle();
    expect([count('modest'), count('greedy')]).toStrictEqual([8, 16]);
    for (let index = 0; index < 4; index += 1) answer(index);
    await settle();
    expect([count('modest'), count('greedy')]).toStrictEqual([12, 16]);
    answer(4);
    await settle();
    expect(count('greedy')).toBe(17);
  });

  it('shares with others like it what there can be at all', async () => {
    for (let index = 0; index < 40; index += 1) send(`agent-${String(index)}`, 1);
    await settle();
    expect([pool.sockets, pool.waiting]).toStrictEqual([32, 8]);
  });
});

describe('T25 connections that wait for a slow reader', () => {
  it('do not count among those that are made for everybody', async () => {
    const slow = send('slow', 16);
    await settle();
    for (const call of slow) call.pause();
    send('modest', 12);
    await settle();
    expect(count('modest')).toBe(8);
    vi.advanceTimersByTime(1_000);
    await settle();
    expect([count('modest'), pool.waiting]).toStrictEqual([12, 0]);
    for (const call of slow) call.resume();
    for (let index = 0; index < cluster.length; index += 1) answer(index);
    await settle();
    // What is too many again is not kept.
    expect([pool.sockets, pool.idle]).toStrictEqual([16, 16]);
  });
});

describe('a burst of calls', () => {
  it('is served by the connections that are there, where they are free soon', async () => {
    pool = poolOf(4);
    send('busy', 12);
    await settle();
    for (let index = 0; index < 8; index += 1) {
      answer(index % 4);
      await settle();
    }
    expect([cluster.length, count('busy'), pool.waiting]).toStrictEqual([4, 12, 0]);
  });

  it('gets more of them, where they are not', async () => {
    pool = poolOf(4);
    send('busy', 12);
    await vi.waitFor(() => expect(count('busy')).toBe(12));
    expect(cluster.length).toBe(12);
  });
});
