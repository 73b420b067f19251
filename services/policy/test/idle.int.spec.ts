import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { activityLog } from '@drawbridge/jetstream';
import { eventually } from '@drawbridge/testing';
import { PolicyWorld, viewScope } from './policy-under-test.js';

let world: PolicyWorld;
beforeAll(async () => {
  world = await PolicyWorld.start();
});
afterEach(() => world.closePolicies());
afterAll(() => world.stop());

/** Notes are as old as NATS says, so the test begins in the past. */
const BEFORE_MS = -100_000;
const waiting = { timeoutMs: 60_000 };

async function granted(): Promise<string> {
  const requestId = await world.ask({ scope: viewScope, limits: { idleSeconds: 60 } });
  await eventually(
    async () => expect(await world.types(requestId)).toContain('GrantIssued'),
    waiting,
  );
  return requestId;
}

const endOf = async (requestId: string) =>
  (await world.history(requestId)).filter(({ event }) => event.type === 'GrantEnded');

describe('grants that may not go unused, under two replicas', () => {
  it('end once, and not while they are used', async () => {
    let aheadMs = BEFORE_MS;
    const clock = () => new Date(Date.now() + aheadMs);
    await world.policy({ clock });
    await world.policy({ clock });
    const [used, unused] = [await granted(), await granted()];
    const { grantId, startsAt } = await world.eventOf(used, 'GrantIssued');
    await activityLog(world.connection)(grantId);
    aheadMs = 0;
    await eventually(async () => expect(await endOf(unused)).toHaveLength(1), waiting);
    expect(await world.eventOf(unused, 'GrantEnded')).toMatchObject({ cause: 'idle' });
    aheadMs = 80_000;
    await eventually(async () => expect(await endOf(used)).toHaveLength(1), waiting);
    const [end] = await endOf(used);
    // Without the note it would have ended 75 s behind its start, as the other one.
    expect(Date.parse(end?.at ?? '') - Date.parse(startsAt)).toBeGreaterThan(150_000);
    await world.settled();
    expect(await world.types(unused)).toHaveLength(4);
    expect(await world.types(used)).toHaveLength(4);
  });

  it('end also when their policy was away over their time', async () => {
    let aheadMs = 0;
    const clock = () => new Date(Date.now() + aheadMs);
    const before = await world.policy({ clock });
    const requestId = await granted();
    await before.close();
    aheadMs = 76_000;
    await world.policy({ clock });
    await eventually(async () => expect(await endOf(requestId)).toHaveLength(1), waiting);
  });

  it('are not ended by a replica whose clock is wrong', async () => {
    const asking = await world.policy();
    const requestId = await granted();
    await asking.close();
    const ahead = await world.policy({ clock: () => new Date(Date.now() + 300_000) }, 2_000);
    await eventually(
      () => expect(JSON.stringify(world.logged)).toContain('not done in time'),
      waiting,
    );
    expect(await endOf(requestId)).toStrictEqual([]);
    await ahead.close();
  });
});
