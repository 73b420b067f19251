import { PassThrough } from 'node:stream';
import { describe, expect, it } from 'vitest';
import { UpstreamFault } from '../upstream/upstream-fault.js';
import { ConnectorRegistry, type RegisteredSession } from './connector-registry.js';
import { ConnectorGone } from './connector-session.js';

interface Fake extends RegisteredSession {
  usable: boolean;
  draining: boolean;
  streams: number;
  fails: Error | undefined;
}

function fake(name: string, changes: Partial<Fake> = {}): Fake {
  const session: Fake = {
    connection: 'prod',
    name,
    usable: true,
    draining: false,
    streams: 0,
    fails: undefined,
    open: () => {
      const { fails } = session;
      if (fails !== undefined) return Promise.reject(fails);
      session.streams += 1;
      return Promise.resolve(new PassThrough());
    },
    ...changes,
  };
  return session;
}

function registryOf(...sessions: Fake[]): ConnectorRegistry {
  const registry = new ConnectorRegistry({ logger: { log: () => undefined }, waitMs: 50 });
  for (const session of sessions) registry.add(session);
  return registry;
}

const { signal } = new AbortController();
const unavailable = { code: 'connector_unavailable' };

describe('which connector is taken', () => {
  it('is the one with the fewest streams, and of equals each in its turn', async () => {
    const [one, two, three] = [fake('one'), fake('two', { streams: 5 }), fake('three')];
    const dial = registryOf(one, two, three).dial('prod');
    for (let turn = 0; turn < 10; turn += 1) await dial(signal);
    expect([one.streams, two.streams, three.streams]).toStrictEqual([5, 5, 5]);
  });

  it('is none of another connection, and none that takes no streams', async () => {
    const registry = registryOf(
      fake('other', { connection: 'x' }),
      fake('full', { usable: false }),
    );
    await expect(registry.dial('prod')(signal)).rejects.toMatchObject(unavailable);
  });

  it.each<[string, Error]>([
    ['is gone', new ConnectorGone('gone')],
    ['does not reach its cluster', new UpstreamFault('unreachable', '502')],
  ])('is another one when the first %s', async (_what, fails) => {
    const [bad, good] = [fake('bad', { fails }), fake('good', { streams: 9 })];
    await registryOf(bad, good).dial('prod')(signal);
    expect(good.streams).toBe(10);
  });

  it('fails as the last one did when each does', async () => {
    const fails = new UpstreamFault('timeout', '504');
    const registry = registryOf(fake('one', { fails }), fake('two', { fails }));
    await expect(registry.dial('prod')(signal)).rejects.toBe(fails);
  });

  it('is asked three times at most', async () => {
    let asked = 0;
    const open = () => {
      asked += 1;
      const gone: Error = new ConnectorGone('gone');
      return Promise.reject(gone);
    };
    await expect(registryOf(fake('one', { open })).dial('prod')(signal)).rejects.toThrow('gone');
    expect(asked).toBe(3);
  });
});

describe('a call without a connector', () => {
  it('waits for one', async () => {
    const registry = registryOf();
    const ready = registry.ready('prod');
    const dialled = registry.dial('prod')(signal);
    const late = fake('late', { usable: false });
    registry.add(late);
    late.usable = true;
    registry.changed(late);
    await ready;
    await dialled;
    expect(late.streams).toBe(1);
    expect(registry.ready('prod')).toBeUndefined();
  });

  it('is refused when none comes', async () => {
    await expect(registryOf().ready('prod')).rejects.toMatchObject(unavailable);
  });

  it('is refused at once when too many wait', async () => {
    const registry = registryOf();
    const waiting = Array.from({ length: 2_048 }, () => registry.ready('prod'));
    expect(() => registry.ready('prod')).toThrow(expect.objectContaining(unavailable));
    // Those of another connection are not affected.
    const late = fake('late', { connection: 'other' });
    const other = registry.ready('other');
    registry.add(late);
    registry.changed(late);
    await other;
    await Promise.allSettled(waiting.map((each) => Promise.resolve(each)));
  });

  it('stops waiting when it is given up', async () => {
    const given = new AbortController();
    const dialled = registryOf().dial('prod')(given.signal);
    given.abort(new Error('given up'));
    await expect(dialled).rejects.toThrow('given up');
  });
});

it('tells when a connector drains, until nobody wants to know', () => {
  const one = fake('one');
  const registry = registryOf(one);
  let told = 0;
  const forget = registry.onDraining('prod', () => (told += 1));
  registry.changed(one);
  expect(told).toBe(0);
  one.draining = true;
  registry.changed(one);
  expect(told).toBe(1);
  forget();
  registry.changed(one);
  expect(told).toBe(1);
});
