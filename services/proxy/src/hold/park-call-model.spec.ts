import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { callDigest } from '@drawbridge/holds';
import { shownCall, type Attempt } from '../../test/holds/model/model-client.js';
import {
  alice,
  bob,
  dana,
  erin,
  ModelWorld,
  type Fate,
  type Forward,
} from '../../test/holds/model/model-world.js';
import { effects, type PolicyVersion } from '../../test/holds/model/policies.js';

const MINUTE_MS = 60_000;
const mayApprove = new Set([alice.subject, bob.subject]);

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(() => vi.useRealTimers());

type Step = (world: ModelWorld) => Promise<void> | void;

const step = <Value>(
  values: fc.Arbitrary<Value>,
  act: (world: ModelWorld, value: Value) => Promise<void> | void,
): fc.Arbitrary<Step> =>
  values.map(
    (value): Step =>
      (world) =>
        act(world, value),
  );

/** Of those there are: the newest, or another one. */
const which = fc.oneof(
  { weight: 3, arbitrary: fc.constant(0) },
  { weight: 2, arbitrary: fc.nat(4) },
);
const proxy = fc.constantFrom(0 as const, 1 as const);
const who = fc.oneof(
  { weight: 8, arbitrary: fc.constantFrom(alice, bob) },
  { weight: 1, arbitrary: fc.constantFrom(dana, erin) },
);
const attempts: fc.Arbitrary<Attempt> = fc.record({
  change: fc.constantFrom('a' as const, 'a' as const, 'a' as const, 'b' as const),
  waits: fc.constantFrom(true, true, false),
});
const versions = fc.constantFrom<PolicyVersion[]>('p1', 'p1', 'p1', 'p2', 'p2', 'p2', 'p3', 'p4');

const call = step(fc.tuple(proxy, attempts), (world, [at, attempt]) => world.call(at, attempt));
const approve = step(fc.tuple(who, which), (world, [human, one]) =>
  world.decide('ApproveHold', human, one),
);
const deny = step(fc.tuple(who, which), (world, [human, one]) =>
  world.decide('DenyHold', human, one),
);
const changePolicy = step(
  fc.tuple(fc.constantFrom([0], [1], [0, 1], [0, 1]), versions),
  (world, [at, version]) => {
    for (const one of at) world.proxies[one === 0 ? 0 : 1].changePolicy(version);
  },
);
const changeObject = step(fc.constantFrom('1', '2'), (world, version) => {
  world.resourceVersion = version;
});
const leave = step(which, (world, one) => world.leave(one));
const kill = step(proxy, (world, at) => world.kill(at));
const endGrant = step(fc.constant(0), (world) => world.endGrant());
const loseEvent = step(fc.constantFrom<Fate[]>('lost', 'unsaid'), (world, fate) => {
  world.fate = fate;
});
const goOn = step(fc.integer({ min: 1, max: 24 }), (world, count) => world.goOn(count));
const calm = step(fc.constant(0), (world) => world.calm());
const follow = step(fc.tuple(proxy, fc.integer({ min: 1, max: 4 })), (world, [at, count]) =>
  world.proxies[at].follow(count),
);
const lookAtClock = step(which, (world, one) => world.endInTime(one));
const pass = step(
  fc.constantFrom(100, 6_000, 51_000, 6 * MINUTE_MS, 16 * MINUTE_MS),
  async (world, ms) => {
    await world.calm();
    await world.pass(ms);
  },
);

/** Something happens while an approval is on its way to its call. */
const race: fc.Arbitrary<Step> = fc
  .tuple(
    fc.tuple(proxy, attempts),
    fc.nat(14),
    fc.oneof(
      { weight: 6, arbitrary: changePolicy },
      { weight: 2, arbitrary: changeObject },
      { weight: 1, arbitrary: leave },
      { weight: 1, arbitrary: kill },
      { weight: 1, arbitrary: deny },
      { weight: 1, arbitrary: endGrant },
    ),
  )
  .map(([[at, attempt], taken, happens]): Step => async (world) => {
    world.call(at, attempt);
    await world.calm();
    world.decide('ApproveHold', alice, 0);
    await world.goOn(Infinity);
    for (const each of world.proxies) each.follow(Infinity);
    await world.goOn(taken);
    await happens(world);
  });

const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: call },
  { weight: 10, arbitrary: approve },
  { weight: 8, arbitrary: race },
  { weight: 10, arbitrary: goOn },
  { weight: 8, arbitrary: calm },
  { weight: 3, arbitrary: follow },
  { weight: 2, arbitrary: changePolicy },
  { weight: 1, arbitrary: changeObject },
  { weight: 2, arbitrary: leave },
  { weight: 1, arbitrary: deny },
  { weight: 1, arbitrary: kill },
  { weight: 1, arbitrary: lookAtClock },
  { weight: 2, arbitrary: pass },
  { weight: 1, arbitrary: loseEvent },
);
const histories = fc.array(steps, { minLength: 10, maxLength: 80 });

/** What made a forward rightful, read from the log alone and without the code under test. */
function judge(world: ModelWorld, forward: Forward): Record<string, unknown> {
  const recorded = world.log.log
    .slice(0, forward.logLength)
    .filter(({ aggregateId }) => aggregateId === forward.holdId);
  const [held, approved, released] = recorded.map(({ event }) => event);
  if (held?.type !== 'CommandHeld') return { missing: 'CommandHeld' };
  if (approved?.type !== 'HoldApproved') return { missing: 'HoldApproved' };
  if (released?.type !== 'CommandReleased') return { missing: 'CommandReleased' };
  return {
    events: recorded.length,
    shown: held.data.call,
    isDigestOfIt: approved.data.digest === callDigest(held.data.call),
    isByTheRight: mayApprove.has(approved.data.approver.subject),
    isInTime: (recorded[2]?.at ?? '') < approved.data.validUntil,
    releasedFor: released.data.commandId,
    isGrantOpen: forward.isGrantOpen,
  };
}

const rightful = ({ attempt, policy, resourceVersion, commandId }: Forward) => ({
  events: 3,
  shown: shownCall(attempt, policy, resourceVersion),
  isDigestOfIt: true,
  isByTheRight: true,
  isInTime: true,
  releasedFor: commandId,
  isGrantOpen: true,
});

function judgeForwards(world: ModelWorld): void {
  expect(world.faults).toStrictEqual([]);
  const approved = world.forwards.filter(({ policy }) => effects[policy] === 'hold');
  for (const forward of approved) expect(judge(world, forward)).toStrictEqual(rightful(forward));
  for (const forward of world.forwards) {
    expect(effects[forward.policy]).not.toBe('deny');
    expect(forward.isGrantOpen).toBe(true);
  }
  const holds = approved.map(({ holdId }) => holdId);
  expect(new Set(holds).size).toBe(holds.length);
  const commands = world.forwards.map(({ commandId }) => commandId);
  expect(new Set(commands).size).toBe(commands.length);
}

/** Nobody waits for what is decided, or by rules that are no more. */
function judgeWaiting(world: ModelWorld): void {
  const over = new Set(
    world.log.log
      .filter(({ event }) => event.type !== 'CommandHeld')
      .map(({ aggregateId }) => aggregateId),
  );
  for (const { clients, policy, waiting } of world.proxies) {
    expect(clients.size).toBe(waiting);
    for (const { facts } of clients) {
      expect(over).not.toContain(facts.holdId);
      expect(facts.guard?.policyVersion).toBe(policy);
    }
  }
}

/** All go home: what is left then is left for ever. */
async function finish(world: ModelWorld): Promise<void> {
  for (const client of world.clients) client.leave();
  await world.calm();
  expect(world.clients).toStrictEqual([]);
  await world.pass(17 * MINUTE_MS);
  await world.calm();
  world.fate = undefined;
  for (const index of world.holdIds.keys()) world.endInTime(index);
  await world.calm();
  const last = new Map(world.log.log.map(({ aggregateId, event }) => [aggregateId, event.type]));
  for (const type of last.values()) expect(['CommandHeld', 'HoldApproved']).not.toContain(type);
  for (const each of world.proxies) {
    expect(each.live.size).toBe(0);
    expect(each.waiting).toBe(0);
    each.close();
  }
  expect(vi.getTimerCount()).toBe(0);
}

describe('a held call at the gateway', () => {
  it('is forwarded with an approval of just that call, once, and every hold ends', async () => {
    const ends = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.scheduler(), histories, async (scheduler, history) => {
        const world = new ModelWorld(scheduler);
        for (const step of history) await step(world);
        await world.calm();
        judgeWaiting(world);
        await finish(world);
        judgeForwards(world);
        for (const [end, count] of world.ends) ends.set(end, (ends.get(end) ?? 0) + count);
      }),
      { numRuns: 400 },
    );
    // The property would hold of a world in which nothing ever passes.
    expect(ends.get('forwarded')).toBeGreaterThan(100);
  });
});
