import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import type { StopEvent, StopTarget } from '@drawbridge/contracts';
import { stopEventStore } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { stopKeyOf } from '@drawbridge/stops';
import { eventually } from '@drawbridge/testing';
import { PolicyWorld, viewScope } from './policy-under-test.js';
import { alice, approved, given } from './story.js';

let world: PolicyWorld;

beforeAll(async () => {
  world = await PolicyWorld.start();
});
afterEach(async () => {
  await world.closePolicies();
});
afterAll(async () => {
  await world.stop();
});

/** How far the time of the story is ahead of the one of this machine. */
let aheadMs = 0;
const clock = () => new Date(Date.now() + aheadMs);

async function append(target: StopTarget, event: StopEvent): Promise<void> {
  const store = stopEventStore(world.connection, 'approval');
  const aggregateId = stopKeyOf(target);
  const { position } = await store.load(aggregateId);
  const at = clock();
  const actor = { kind: 'human' as const, id: 'alice' };
  const metadata = { id: uuidV7(at), causationId: 'test', actor, at: at.toISOString() };
  await store.append({ aggregateId, position, event, metadata });
}
const said = { by: alice, via: 'http' as const };
const raise = (target: StopTarget) =>
  append(target, {
    type: 'BridgesRaised',
    data: { ...said, reason: 'incident', target, keep: true },
  });
/** Nothing is granted for some seconds after a stop, because clocks may differ. */
const release = async (target: StopTarget) => {
  await append(target, { type: 'BridgesReleased', data: { ...said, reason: 'over' } });
  aheadMs += 6_000;
};
const story = ['AccessRequested', 'AccessRequestValidated'] as const;

describe('an order to revoke', () => {
  it('is obeyed once, in the name of who gave it first', async () => {
    await world.policy({ clock });
    await world.policy({ clock });
    const requestId = await world.ask({ scope: viewScope });
    await world.until(requestId, ...story, 'GrantIssued');
    const reason = 'not needed any more';
    await world.append(requestId, { type: 'RevocationOrdered', data: { ...said, reason } });
    await world.until(requestId, ...story, 'GrantIssued', 'RevocationOrdered', 'GrantRevoked');
    const { grantId } = await world.eventOf(requestId, 'GrantIssued');
    expect(await world.eventOf(requestId, 'GrantRevoked')).toStrictEqual({
      grantId,
      by: alice,
      reason,
      cause: 'ordered',
    });
  });
});

describe('raised bridges', () => {
  it('take back what is open, deny what is asked and approved, and are released', async () => {
    await world.policy({ clock });
    const open = await world.ask({ scope: viewScope });
    await world.until(open, ...story, 'GrantIssued');
    const waiting = await world.ask();
    await world.until(waiting, ...story);

    await raise('all');
    await world.until(open, ...story, 'GrantIssued', 'GrantRevoked');
    expect(await world.eventOf(open, 'GrantRevoked')).toMatchObject({
      by: alice,
      reason: 'the bridges were raised: incident',
      cause: 'stop',
    });
    await world.append(waiting, given(alice));
    await world.append(waiting, approved(alice));
    await eventually(async () => {
      expect((await world.types(waiting)).at(-1)).toBe('AccessRequestDenied');
    });
    expect(await world.eventOf(waiting, 'AccessRequestDenied')).toMatchObject({
      code: 'bridges_raised',
    });
    const late = await world.ask({ scope: viewScope });
    await world.until(late, 'AccessRequested', 'AccessRequestDenied');

    await release('all');
    await eventually(async () => {
      const again = await world.ask({ scope: viewScope });
      await eventually(async () => expect(await world.types(again)).toHaveLength(3));
      expect(await world.types(again)).toStrictEqual([...story, 'GrantIssued']);
    });
  });

  it('leave no grant of 50 that were asked for while they went up, with two replicas', async () => {
    await world.policy({ clock });
    await world.policy({ clock });
    const asked = await Promise.all(
      Array.from({ length: 50 }, async (_, index) => {
        const requestId = await world.ask({ scope: viewScope });
        if (index === 20) await raise({ connection: 'prod-eks' });
        return requestId;
      }),
    );
    for (const requestId of asked) {
      await eventually(async () => {
        const types = await world.types(requestId);
        expect(types.at(-1)).toMatch(/^(GrantRevoked|AccessRequestDenied)$/);
        expect(types.filter((type) => type === 'GrantRevoked').length).toBeLessThan(2);
      });
    }
    await release({ connection: 'prod-eks' });
  });

  it('that went up and down while policy was away still ended what was open before', async () => {
    const policy = await world.policy({ clock });
    const open = await world.ask({ scope: viewScope });
    await world.until(open, ...story, 'GrantIssued');
    await policy.close();
    await raise('all');
    await release('all');
    await world.policy({ clock });
    await world.until(open, ...story, 'GrantIssued', 'GrantRevoked');
  });
});
