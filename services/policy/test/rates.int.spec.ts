import { Kvm } from '@nats-io/kv';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { guardedBucket, RATES_BUCKET } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { Places } from '../src/facts/places.js';
import { oncallSpec, PolicyWorld } from './policy-under-test.js';
import { agent, alice } from './story.js';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
});
beforeEach(async () => {
  await world.configure();
});
afterEach(async () => {
  await world.closePolicies();
});
afterAll(async () => {
  await world.stop();
});

describe('a limit of so many in an hour', () => {
  const limited = (perHour: number) =>
    world.policies({
      ...oncallSpec,
      autoApprove: [{ name: 'small', actions: ['rollout-restart'], when: { perHour } }],
    });
  const rates = () => guardedBucket(world.connection, RATES_BUCKET);
  const judged = async (requestIds: readonly string[]) => {
    await eventually(
      async () => {
        for (const id of requestIds) {
          expect(await world.types(id)).toContain('AccessRequestValidated');
        }
      },
      { timeoutMs: 60_000 },
    );
    const verdicts = await Promise.all(
      requestIds.map((id) => world.eventOf(id, 'AccessRequestValidated')),
    );
    return verdicts.filter(({ autoApproved }) => autoApproved === 'small');
  };

  it('holds for 50 requests at once and two replicas, and after both were replaced', async () => {
    await world.configure(limited(5));
    const replicas = [await world.policy(), await world.policy()];
    const requestIds = await Promise.all(Array.from({ length: 50 }, () => world.ask()));
    const letThrough = await judged(requestIds);
    expect(letThrough).toHaveLength(5);
    for (const verdict of letThrough) {
      expect(verdict).toMatchObject({
        approval: { type: 'none' },
        facts: [{ condition: 'rate', wanted: 'at most 5 an hour', isMet: true }],
      });
    }
    // The grant comes behind the verdict.
    await world.settled();
    const grants = await Promise.all(requestIds.map((id) => world.types(id)));
    expect(grants.filter((types) => types.includes('GrantIssued'))).toHaveLength(5);
    for (const replica of replicas) await replica.close();
    await world.policy();
    expect(await judged([await world.ask()])).toHaveLength(0);
  });

  it('takes one place for one request, however often it is judged', async () => {
    const places = new Places(rates(), () => new Date());
    const limit = { policy: 'p', rule: 'r', requester: agent, perHour: 2 };
    const take = (id: string) => places.take(limit, id);
    expect(await places.look(limit)).toBe('free');
    expect([await take('one'), await take('one'), await take('two'), await take('one')]).toEqual(
      Array(4).fill('free'),
    );
    expect([await take('three'), await places.look(limit)]).toEqual(['taken', 'taken']);
    expect(await places.take({ ...limit, requester: alice }, 'three')).toBe('free');
  });

  it('gives a place again after an hour', async () => {
    let now = new Date('2026-01-05T09:00:00.000Z');
    const places = new Places(rates(), () => now);
    const limit = { policy: 'p', rule: 'hourly', requester: agent, perHour: 1 };
    expect(await places.take(limit, 'one')).toBe('free');
    now = new Date('2026-01-05T09:59:59.999Z');
    expect(await places.take(limit, 'two')).toBe('taken');
    now = new Date('2026-01-05T10:00:00.000Z');
    expect(await places.take(limit, 'two')).toBe('free');
  });

  it('lets nobody through by what it cannot read', async () => {
    const places = new Places(rates(), () => new Date());
    const limit = { policy: 'p', rule: 'broken', requester: agent, perHour: 5 };
    await places.take(limit, 'one');
    const bucket = await new Kvm(world.connection.jetstream).open(RATES_BUCKET);
    for await (const key of await bucket.keys('p.broken.>')) await bucket.put(key, 'nonsense');
    expect([await places.take(limit, 'two'), await places.look(limit)]).toEqual([
      'unknown',
      'unknown',
    ]);
  });
});
