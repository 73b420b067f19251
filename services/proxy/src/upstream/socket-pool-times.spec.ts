import { duplexPair, type Duplex } from 'node:stream';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { CircuitBreaker } from './circuit-breaker.js';
import { SocketPool } from './socket-pool.js';
import { UpstreamCall } from './upstream-call.js';

let breaker: CircuitBreaker;
let pool: SocketPool;
let cluster: Duplex[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  cluster = [];
  breaker = new CircuitBreaker({ clock: () => new Date(0), threshold: 2 });
  pool = poolOf({ answerSeconds: 60 });
});

afterEach(() => {
  pool.destroy();
  vi.useRealTimers();
});

const poolOf = ({ answerSeconds }: { answerSeconds: number }) =>
  new SocketPool({
    dial: () => {
      const [ours, theirs] = duplexPair();
      cluster.push(theirs.resume());
      return Promise.resolve(ours);
    },
    breaker,
    suspended: () => new Error('suspended'),
    maxSockets: 2,
    maxAllSockets: 2,
    atOnce: Infinity,
    maxWaiting: 3,
    answerSeconds,
  });

/** Sends a call, and tells what becomes of it. */
function send(): { readonly events: string[]; readonly call: UpstreamCall } {
  const events: string[] = [];
  const call = new UpstreamCall({
    agent: { kind: 'agent', issuer: 'https://idp.test', subject: 'agent', groups: [] },
    request: { method: 'GET', target: '/', headers: [], body: null, longRunning: false },
    listener: {
      onHead: (statusCode) => events.push(String(statusCode)),
      onData: (chunk) => events.push(chunk.toString()),
      onEnd: () => events.push('end'),
      onError: (error) => events.push(String(Reflect.get(error, 'kind') ?? error.message)),
    },
    prepared: { refused: () => undefined, headOf: () => 'GET', blockOf: () => 'GET' },
  });
  pool.send(call);
  return { events, call };
}

const settle = async () => {
  for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};
const pass = (seconds: number) => vi.advanceTimersByTime(seconds * 1_000);
const say = async (text: string, index = 0) => {
  cluster[index]?.write(text);
  await settle();
};
const endless = 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n';

describe('an answer', () => {
  it('that does not begin in time fails its call, ends its connection and counts as a failure', async () => {
    const [one, other] = [send(), send()];
    await settle();
    pass(59);
    expect([one.events, breaker.state]).toStrictEqual([[], 'working']);
    pass(1);
    await settle();
    expect([one.events, other.events]).toStrictEqual([['timeout'], ['timeout']]);
    expect([breaker.state, pool.sockets]).toStrictEqual(['suspended', 0]);
  });

  it('that falls silent fails its call, and says nothing against the cluster', async () => {
    const { events } = send();
    await settle();
    await say(endless);
    for (let time = 0; time < 3; time += 1) {
      pass(59);
      await say('1\r\nx\r\n');
    }
    pass(60);
    await settle();
    expect(events).toStrictEqual(['200', 'x', 'x', 'x', 'timeout']);
    expect(breaker.state).toBe('working');
  });

  it('that its reader holds back may take its time', async () => {
    const { events, call } = send();
    await settle();
    await say(endless);
    call.pause();
    pass(600);
    call.resume();
    await say('1\r\nx\r\n0\r\n\r\n');
    expect(events).toStrictEqual(['200', 'x', 'end']);
  });

  it('without a limit may take for ever', async () => {
    pool = poolOf({ answerSeconds: Infinity });
    const { events } = send();
    await settle();
    pass(86_400);
    await say('HTTP/1.1 204 No Content\r\n\r\n');
    expect(events).toStrictEqual(['204', 'end']);
  });
});

describe('a call that waits for a connection', () => {
  it('gives up after a while, and is none too many for the next', async () => {
    const calls = [send(), send(), send()];
    await settle();
    pass(14);
    expect(pool.waiting).toBe(1);
    pass(1);
    expect(calls.map(({ events }) => events)).toStrictEqual([[], [], ['busy']]);
    expect(pool.waiting).toBe(0);
  });

  it('is refused when too many wait already', async () => {
    const calls = Array.from({ length: 4 }, send);
    expect(calls.at(-1)?.events).toStrictEqual(['busy']);
    await settle();
    expect(calls[0]?.events).toStrictEqual([]);
  });
});

describe('an idle connection', () => {
  it('ends before the cluster would end it', async () => {
    send();
    await settle();
    await say('HTTP/1.1 204 No Content\r\n\r\n');
    pass(29);
    expect(pool.idle).toBe(1);
    pass(1);
    await settle();
    expect([pool.idle, pool.sockets]).toStrictEqual([0, 0]);
  });

  it('ends sooner when the cluster says so', async () => {
    send();
    await settle();
    await say('HTTP/1.1 204 No Content\r\nKeep-Alive: timeout=5\r\n\r\n');
    pass(3);
    expect(pool.idle).toBe(1);
    pass(1);
    expect(pool.idle).toBe(0);
  });

  it('leaves no timer behind', async () => {
    send();
    await settle();
    await say('HTTP/1.1 204 No Content\r\n\r\n');
    pass(31);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('an answer that is over', () => {
  it('has no hold on the call that has its connection now', async () => {
    const first = send();
    await settle();
    await say('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\na');
    const second = send();
    await settle();
    first.call.pause();
    first.call.abort();
    await say('HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nb');
    expect([first.events, second.events]).toStrictEqual([
      ['200', 'a', 'end'],
      ['200', 'b', 'end'],
    ]);
    expect(cluster).toHaveLength(1);
  });
});
