import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { agent, alice, bob, dana, erin, grantId } from '../test/sample-holds.js';
import { World, type Attempt } from '../test/two-proxies.js';

type Step = (world: World) => Promise<void>;

const mayApprove = new Set([alice.subject, bob.subject]);
const anybody = [alice, bob, dana, erin, { ...agent, groups: ['sre-oncall'] }];
const who = fc.oneof(
  { weight: 6, arbitrary: fc.constantFrom(alice, bob) },
  { weight: 1, arbitrary: fc.constantFrom(...anybody) },
);
const which = fc.nat(5);
const attempts: fc.Arbitrary<Attempt> = fc.record({
  proxy: fc.constantFrom(0 as const, 1 as const),
  path: fc.constantFrom('/a' as const, '/b' as const),
});

const did = (act: (world: World) => void): Step => {
  return (world) => {
    act(world);
    return Promise.resolve();
  };
};
const attempt = attempts.map(
  (made): Step =>
    (world) =>
      world.attempt(made),
);
const approve = fc.tuple(who, which).map(
  ([human, one]): Step =>
    (world) =>
      world.decide('ApproveHold', human, one),
);
const steps: fc.Arbitrary<Step> = fc.oneof(
  { weight: 12, arbitrary: attempt },
  { weight: 8, arbitrary: approve },
  {
    weight: 1,
    arbitrary: fc.tuple(who, which).map(
      ([human, one]): Step =>
        (world) =>
          world.decide('DenyHold', human, one),
    ),
  },
  {
    weight: 2,
    arbitrary: which.map(
      (one): Step =>
        (world) =>
          world.endInTime(one),
    ),
  },
  {
    weight: 1,
    arbitrary: which.map(
      (one): Step =>
        (world) =>
          world.cancel(one),
    ),
  },
  {
    weight: 3,
    arbitrary: fc.nat(8).map((minutes) => did((world) => (world.now += minutes * 60_000))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('policy-1', 'policy-2')
      .map((version) => did((world) => (world.policyVersion = version))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('1', '2')
      .map((version) => did((world) => (world.resourceVersion = version))),
  },
  {
    weight: 1,
    arbitrary: fc.boolean().map((isOpen) => did((world) => (world.isGrantOpen = isOpen))),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom(0 as const, 1 as const)
      .map((one) => did((world) => world.proxies[one].restart())),
  },
  {
    weight: 4,
    arbitrary: fc
      .tuple(fc.constantFrom(0 as const, 1 as const), fc.integer({ min: 1, max: 5 }))
      .map(([one, count]) => did((world) => world.proxies[one].follow(count))),
  },
  {
    weight: 2,
    arbitrary: fc
      .constantFrom('lost' as const, 'unsaid' as const)
      .map((fate) => did((world) => (world.store.next = fate))),
  },
);
/** Steps of one group run at the same time. */
const histories = fc.array(fc.array(steps, { minLength: 1, maxLength: 4 }), {
  minLength: 3,
  maxLength: 25,
});

const humans = fc.constantFrom(1, 1, 2);

async function play(history: readonly (readonly Step[])[], needed: number): Promise<World> {
  const world = new World(needed);
  for (const group of history) await Promise.all(group.map((step) => step(world)));
  return world;
}

/** What made a forward rightful, read from the log alone, without the decider's help. */
function judge(world: World, forward: World['forwards'][number]): Record<string, unknown> {
  const history = world.log.log
    .slice(0, forward.logLength)
    .filter(({ aggregateId }) => aggregateId === forward.holdId)
    .map(({ event }) => event);
  const [first] = history;
  const approval = history.find(({ type }) => type === 'HoldApproved');
  const types = history.map(({ type }) => type).filter((type) => type !== 'HoldEndorsed');
  const said = history.flatMap((event) =>
    event.type === 'HoldEndorsed' || event.type === 'HoldApproved'
      ? [event.data.approver.subject]
      : [],
  );
  const shown = first?.type === 'CommandHeld' ? first.data.call : undefined;
  const given = approval?.type === 'HoldApproved' ? approval.data : undefined;
  return {
    types,
    isWhatWasShown: JSON.stringify(shown) === JSON.stringify(forward.call),
    isApprovedByTheRight: said.every((subject) => mayApprove.has(subject)),
    humans: new Set(said).size,
    isInTime: given !== undefined && Date.parse(forward.at) < Date.parse(given.validUntil),
    isGrantOpen: forward.isGrantOpen && forward.call.grantId === grantId,
  };
}

describe('holds', () => {
  it('let nothing pass that was not approved, and nothing twice', async () => {
    let forwarded = 0;
    await fc.assert(
      fc.asyncProperty(histories, humans, async (history, needed) => {
        const world = await play(history, needed);
        forwarded += world.forwards.length;
        for (const forward of world.forwards) {
          expect(judge(world, forward)).toStrictEqual({
            types: ['CommandHeld', 'HoldApproved', 'CommandReleased'],
            isWhatWasShown: true,
            isApprovedByTheRight: true,
            humans: needed,
            isInTime: true,
            isGrantOpen: true,
          });
        }
        const holds = world.forwards.map(({ holdId }) => holdId);
        const commands = world.forwards.map(({ commandId }) => commandId);
        expect(new Set(holds).size).toBe(holds.length);
        expect(new Set(commands).size).toBe(commands.length);
      }),
      { numRuns: 1500 },
    );
    // The property would hold of a world in which nothing ever passes.
    expect(forwarded).toBeGreaterThan(500);
  });

  it('end every history in one of the known ways', async () => {
    const known =
      /^CommandHeld( HoldEndorsed)*( HoldApproved)?( (HoldDenied|HoldLapsed|HoldCancelled|CommandReleased|HoldExpired))?$/;
    await fc.assert(
      fc.asyncProperty(histories, humans, async (history, needed) => {
        const { log } = (await play(history, needed)).log;
        for (const { event } of log) {
          if (!('approver' in event.data)) continue;
          expect(mayApprove).toContain(event.data.approver.subject);
        }
        const byHold = Map.groupBy(log, ({ aggregateId }) => aggregateId);
        for (const events of byHold.values()) {
          const types = events.map(({ event }) => event.type).join(' ');
          expect(types).toMatch(known);
          expect(types).not.toMatch(
            /HoldApproved HoldLapsed|^CommandHeld( HoldEndorsed)* (CommandReleased|HoldExpired)/,
          );
        }
      }),
      { numRuns: 500 },
    );
  });

  it('give one approval to one of many who race for it, and the rest nothing', async () => {
    const world = new World();
    const made: Attempt = { proxy: 0, path: '/a' };
    await world.attempt(made);
    await world.decide('ApproveHold', alice, 0);
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        world.attempt({ ...made, proxy: index % 2 === 0 ? 0 : 1 }),
      ),
    );
    expect(world.forwards).toHaveLength(1);
    const held = world.log.log.filter(({ event }) => event.type === 'CommandHeld');
    expect(held.length).toBeLessThanOrEqual(2);
  });
});
