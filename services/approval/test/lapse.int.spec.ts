import { Problem } from '@drawbridge/contracts';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { buttonsOf, startWorld, type World } from './approval-world.js';
import { alice, approvedBy } from './sample-events.js';

let world: World;

beforeAll(async () => {
  world = await startWorld();
});
afterAll(() => world.stop());

const typesOf = async (requestId: string) =>
  (await world.history(requestId)).map(({ event }) => event.type);
/** The real time, and what a test adds to it. */
const shiftedClock = () => {
  const clock = { aheadMs: 0, read: () => new Date(Date.now() + clock.aheadMs) };
  return clock;
};
const minute = 60_000;

describe('a request that nobody decides', () => {
  it('lapses at its deadline, not before, and says so on the card', async () => {
    const clock = shiftedClock();
    const replica = await world.start({ clock: clock.read });
    const requestId = await world.ask({ timeoutSeconds: 120 });
    const neighbour = await world.ask({ timeoutSeconds: 60 });
    await world.card(requestId);
    clock.aheadMs = minute;
    await world.eventOf(neighbour, 'AccessRequestLapsed');
    expect(await typesOf(requestId)).not.toContain('AccessRequestLapsed');
    clock.aheadMs = 2 * minute;
    const lapsed = await world.eventOf(requestId, 'AccessRequestLapsed');
    const asked = await world.eventOf(requestId, 'ApprovalRequested');
    expect(asked.event.data).toMatchObject(lapsed.event.data);
    expect(lapsed.event.data).toHaveProperty('decideBy');
    expect(buttonsOf(await world.card(requestId, 'Lapsed, nobody decided in time'))).toStrictEqual([
      'drawbridge_rules',
    ]);
    await replica.close();
  });

  it('lapses after a restart, also one over the deadline', async () => {
    const first = await world.start();
    const requestId = await world.ask({ timeoutSeconds: 60 });
    await world.eventOf(requestId, 'ApprovalRequested');
    first.kill();
    expect(await typesOf(requestId)).not.toContain('AccessRequestLapsed');
    const clock = shiftedClock();
    clock.aheadMs = 60 * minute;
    const second = await world.start({ clock: clock.read });
    await world.eventOf(requestId, 'AccessRequestLapsed');
    await second.close();
  });

  it('lapses once although two replicas look', async () => {
    const clock = shiftedClock();
    const replicas = [
      await world.start({ clock: clock.read }),
      await world.start({ clock: clock.read }),
    ];
    const requests = await Promise.all([1, 2, 3].map(() => world.ask({ timeoutSeconds: 60 })));
    for (const requestId of requests) await world.eventOf(requestId, 'ApprovalRequested');
    clock.aheadMs = minute;
    for (const requestId of requests) {
      await world.card(requestId, 'Lapsed, nobody decided in time');
      const lapses = (await typesOf(requestId)).filter((type) => type === 'AccessRequestLapsed');
      expect(lapses).toHaveLength(1);
    }
    for (const replica of replicas) await replica.close();
  });
});

describe('a decision after the deadline', () => {
  it('is refused, whether or not the lapse is recorded yet', async () => {
    const clock = shiftedClock();
    const replica = await world.start({ clock: clock.read, slack: false });
    const requestId = await world.ask({ timeoutSeconds: 60 });
    await world.eventOf(requestId, 'ApprovalRequested');
    clock.aheadMs = minute;
    const response = await fetch(`${replica.url}/v1/access-requests/${requestId}/approve`, {
      method: 'POST',
      headers: { Authorization: await world.tokens.bearer(alice) },
    });
    expect(response.status).toBe(409);
    const { code } = Problem.parse(await response.json());
    expect(['approval_too_late', 'request_not_pending']).toContain(code);
    await world.eventOf(requestId, 'AccessRequestLapsed');
    expect(await typesOf(requestId)).not.toContain('ApprovalGiven');
    await replica.close();
  });

  it('does not undo one that was made in time and is completed late', async () => {
    const first = await world.start({ slack: false });
    const requestId = await world.ask({ timeoutSeconds: 60 });
    await world.eventOf(requestId, 'ApprovalRequested');
    first.kill();
    await world.append(requestId, approvedBy(alice));
    const clock = shiftedClock();
    clock.aheadMs = 10 * minute;
    const second = await world.start({ clock: clock.read, slack: false });
    await world.eventOf(requestId, 'AccessRequestApproved');
    expect(await typesOf(requestId)).not.toContain('AccessRequestLapsed');
    await second.close();
  });
});
