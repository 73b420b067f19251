import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { eventually } from '@drawbridge/testing';
import { buildProxy, startBuiltProxy, type BuiltProxy } from '../workers/built-proxy.js';
import { startHolds, type AgentUnderTest, type HoldsUnderTest } from './holds-under-test.js';

/** Two replicas of two workers each, in processes of their own, that can be killed. */
let world: HoldsUnderTest;
const proxies: BuiltProxy[] = [];

beforeAll(async () => {
  await buildProxy();
  world = await startHolds({
    namespaces: ['payments', 'one', 'two', 'three'],
    variables: { WORKERS: '2', HOLD_WAIT_SECONDS: '20' },
    launch: async (settings) => {
      const proxy = await startBuiltProxy(settings);
      proxies.push(proxy);
      return proxy;
    },
  });
});
afterAll(() => world.close());

const path = (namespace: string) => `/connections/prod-eks/api/v1/namespaces/${namespace}`;

const remove = (agent: AgentUnderTest, namespace: string) =>
  world.gateway.call(path(namespace), { method: 'DELETE', token: agent.token });

/** Starts of commands that delete, of one agent. */
const starts = async ({ subject }: AgentUnderTest) =>
  (await world.gateway.records()).filter(
    (record) =>
      record.type === 'CommandStarted' &&
      record.agent?.subject === subject &&
      record.verb === 'delete',
  );

describe('a proxy that is killed while a call is held', () => {
  it('loses nothing: approved meanwhile, the same call passes once at the next one', async () => {
    const agent = await world.agent();
    const broken = remove(agent, 'one').catch((error: unknown) => error);
    const { holdId } = await world.held(agent);
    const before = proxies.at(-1);
    process.kill(before?.pid ?? 0, 'SIGKILL');
    expect(await broken).toBeInstanceOf(Error);
    expect(await world.decide(holdId, 'approve')).toBe(200);
    await world.gateway.startProxy();
    await granted(agent);
    expect((await remove(agent, 'one')).status).toBe(200);
    await world.ends(holdId, 'CommandHeld', 'HoldApproved', 'CommandReleased');
    expect(await starts(agent)).toHaveLength(1);
    expect(await world.holdsOf(agent)).toHaveLength(1);
  });

  it('finds the hold again that nobody has decided about', async () => {
    const agent = await world.agent();
    const broken = remove(agent, 'two').catch((error: unknown) => error);
    const { holdId } = await world.held(agent);
    process.kill(proxies.at(-1)?.pid ?? 0, 'SIGKILL');
    await broken;
    await world.gateway.startProxy();
    await granted(agent);
    const waiting = remove(agent, 'two');
    expect(await world.decide(holdId, 'approve')).toBe(200);
    expect((await waiting).status).toBe(200);
    expect(await world.holdsOf(agent)).toHaveLength(1);
  });
});

describe('two replicas of two workers', () => {
  it('let one of many same calls through', async () => {
    const agent = await world.agent();
    const replica = await world.gateway.startReplica();
    try {
      await eventually(async () => {
        const ready = await fetch(`${replica.addresses['http'] ?? ''}/readyz`);
        if (!ready.ok) throw new Error('the replica is not ready');
      });
      await granted(agent);
      const first = world.gateway.proxy;
      const calls = [0, 1, 2].map(() => remove(agent, 'three'));
      world.gateway.proxy = replica;
      await granted(agent);
      calls.push(...[0, 1, 2].map(() => remove(agent, 'three')));
      world.gateway.proxy = first;
      const { holdId } = await world.held(agent);
      // Each of them waits, at whichever worker.
      await world.waiting(calls.length, [first, replica]);
      expect(await world.decide(holdId, 'approve')).toBe(200);
      const answers = await Promise.all(calls);
      const passed = answers.filter(({ status }) => status === 200);
      expect(passed).toHaveLength(1);
      expect(await starts(agent)).toHaveLength(1);
      expect(await world.holdsOf(agent)).toHaveLength(1);
    } finally {
      await replica.close();
    }
  });
});

/** Every worker follows grants by itself: a few calls in a row reach all of them. */
async function granted(agent: AgentUnderTest): Promise<void> {
  for (let passed = 0; passed < 6; passed += 1) {
    await eventually(async () => {
      const { status } = await world.gateway.call(path(''), { token: agent.token });
      if (status !== 200) throw new Error(`not granted yet: ${status}`);
    });
  }
}
