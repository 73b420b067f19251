import { HeldCalls, HoldDesk, HOLDS_MATTER_MS, type HoldLimits } from '@drawbridge/holds';
import { followHoldEvents, holdEventStore, type EventFollower } from '@drawbridge/jetstream';
import { uuidV7 } from '@drawbridge/runtime';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startWorld, type Replica, type World } from './approval-world.js';
import { TestDesk } from './hold-desk.js';
import { alice } from './sample-events.js';
import { heldCall } from './sample-holds.js';

/** The desks of two proxies, and the real approval service between them. */
let world: World;
let approval: Replica;
let stream: TestDesk;
const followers: EventFollower[] = [];

beforeAll(async () => {
  world = await startWorld();
  approval = await world.start({ slack: false });
  stream = new TestDesk(world);
});
afterAll(async () => {
  for (const follower of followers) await follower.close();
  await world.stop();
});

const limits: HoldLimits = {
  openPerAgent: 5,
  perAgentAndHour: 30,
  decideSeconds: 900,
  approvalSeconds: 300,
};

async function startDesk(): Promise<HoldDesk> {
  const held = new HeldCalls();
  const follower = followHoldEvents(world.connection, {
    since: new Date(Date.now() - HOLDS_MATTER_MS),
    onEvent: (recorded) => held.apply(recorded),
  });
  followers.push(follower);
  await follower.caughtUp;
  const store = holdEventStore(world.connection, 'proxy');
  const clock = () => new Date();
  return new HoldDesk({ store, held, clock, newId: uuidV7, limits });
}

const decide = async (holdId: string, verb: 'approve' | 'deny') => {
  const url = `${approval.url}/v1/holds/${holdId}/${verb}`;
  const headers = { Authorization: await world.tokens.bearer(alice) };
  expect((await fetch(url, { method: 'POST', headers })).status).toBe(200);
};

function newCall() {
  const endsAt = new Date(Date.now() + 3_600_000).toISOString();
  const grant = { grantId: uuidV7(new Date()), endsAt };
  const { call, agent, accessRequestId, purpose, environment, reason, effect, approvers } =
    heldCall({}, { grantId: grant.grantId });
  const about = { agent, accessRequestId, purpose, environment, reason, effect, approvers };
  const facts = { ...about, commandId: uuidV7(new Date()), call, grantEndsAt: endsAt };
  return { facts, call, grant };
}
const waiting = { waitMs: 20_000, signal: new AbortController().signal };

describe('a call that waits at a proxy', () => {
  it('wakes on the approval, and passes at one of two proxies, once', async () => {
    const [one, other] = [await startDesk(), await startDesk()];
    const { facts, call, grant } = newCall();
    const { holdId } = await one.hold(facts);
    expect((await other.hold({ ...facts, commandId: uuidV7(new Date()) })).holdId).toBe(holdId);
    const decisions = [one, other].map((desk) => desk.decision(holdId, waiting));
    await decide(holdId, 'approve');
    expect(await Promise.all(decisions)).toStrictEqual(['approved', 'approved']);
    const releases = await Promise.allSettled(
      [one, other].map((desk) =>
        desk.release({ holdId, call, commandId: uuidV7(new Date()), grant }),
      ),
    );
    const [lost, ...more] = releases.filter((result) => result.status === 'rejected');
    expect(more).toStrictEqual([]);
    expect(lost?.reason).toMatchObject({ code: 'hold_used' });
    expect(await stream.types(holdId)).toStrictEqual([
      'CommandHeld',
      'HoldApproved',
      'CommandReleased',
    ]);
  });

  it('finds its approval at a proxy that started after it', async () => {
    const { facts, call, grant } = newCall();
    const { holdId } = await (await startDesk()).hold(facts);
    await decide(holdId, 'approve');
    const restarted = await startDesk();
    expect(await restarted.find(call)).toMatchObject({ holdId, status: 'approved' });
    await restarted.release({ holdId, call, commandId: uuidV7(new Date()), grant });
    expect(await restarted.find(call)).toBeUndefined();
  });

  it('wakes on the denial, and is not asked again', async () => {
    const desk = await startDesk();
    const { facts, call, grant } = newCall();
    const { holdId } = await desk.hold(facts);
    const decision = desk.decision(holdId, waiting);
    await decide(holdId, 'deny');
    expect(await decision).toBe('denied');
    const commandId = uuidV7(new Date());
    const release = desk.release({ holdId, call, commandId, grant });
    await expect(release).rejects.toMatchObject({ code: 'hold_denied' });
    await expect(desk.hold(facts)).rejects.toMatchObject({ code: 'hold_denied' });
  });
});
