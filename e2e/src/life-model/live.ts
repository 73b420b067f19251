import { setImmediate } from 'node:timers/promises';
import { Oracle } from './oracle.js';
import { agents, nora } from './people.js';
import { boundTo, calls, connections, policySets } from './policies.js';
import { runs } from './agent-acts.js';
import { pick } from './choice.js';
import { endSome, tryLate } from './human-acts.js';
import { take, type Step } from './steps.js';
import { World, type Skews, type Which } from './world.js';

const both: readonly Which[] = [0, 1];
/** Longer than any time that is asked for or given. */
const LONG_MS = 3_600_000;
const DAY_MS = 86_400_000;

/**
 * Lives one story and judges each of its steps; then nobody does anything any more, time goes by, everything is heard
 * of and every message comes once more.
 */
export async function live({ skews, steps }: { skews: Skews; steps: readonly Step[] }) {
  const world = new World(skews);
  const oracle = new Oracle(policySets);
  const judge = () => {
    if (world.bus.bugs.length > 0) throw world.bus.bugs[0];
    oracle.catchUp(world.bus.journal);
  };
  for (const one of steps) {
    await take(world, one);
    await setImmediate();
    judge();
  }
  await drain(world, (round) => {
    judge();
    if (round > 2) requireEnds(oracle);
    if (round === 1 && oracle.lingering.length > 0)
      throw new Error(`I6: goes on: ${oracle.lingering.join(', ')}`);
  });
  requireEnds(oracle);
  if (oracle.unreviewed.length > 0)
    throw new Error(`I11: never reviewed: ${oracle.unreviewed.join(', ')}`);
  useAll(world);
  judge();
  return world;
}

function requireEnds({ unfinished }: Oracle): void {
  if (unfinished.length > 0) throw new Error(`I5: never ended: ${unfinished.join(', ')}`);
}

async function drain(world: World, judge: (round: number) => void): Promise<void> {
  const { bus } = world;
  await bus.settle();
  bus.waiting.push(...bus.past);
  for (let round = 0; round < 6; round += 1) {
    for (const which of both) hearAll(world, which);
    // One that fails comes again in the next round.
    for (let left = bus.waiting.length; left > 0; left -= 1) {
      const delivery = bus.waiting.shift();
      if (delivery !== undefined) world.deliver(round % 2 === 0 ? 0 : 1, delivery);
      await bus.settle();
    }
    for (const which of both) {
      hearAll(world, which);
      world.begin('approval', which, () => world.approval[which].look());
      world.begin('policy', which, () => world.policy[which].look());
      await bus.settle();
    }
    if (round < 2) useAll(world);
    await bus.settle();
    judge(round);
    // All that is known is done before more becomes due.
    if (round > 0) bus.nowMs += LONG_MS;
    await between(world, round);
  }
}

/** What people do in between. */
async function between(world: World, round: number): Promise<void> {
  if (round === 0) {
    endSome(world);
    leave(world);
    world.endRun(1, agents[0], runs[0]);
  }
  if (round === 3) await tryLate(world);
  if (round === 4) world.bus.nowMs += DAY_MS;
  await world.bus.settle();
  if (round !== 0) return;
  // Gateways go by the order, before policy has recorded any end.
  for (const which of both) world.gateway[which].hearAccess(Infinity);
  useAll(world);
}

/** In half of the stories one agent is no longer in its groups, as its newest token says. */
function leave(world: World): void {
  const { journal, nowMs } = world.bus;
  if (journal.length % 2 === 0) return;
  const agent = { ...agents[1], groups: [] };
  // Its provider's clock may be ahead.
  const tokenIssuedAt = new Date(nowMs + 3_000);
  for (const connection of connections)
    world.try(0, { agent, tokenIssuedAt, connection, ...pick(calls, 0) });
}

function hearAll(world: World, which: Which): void {
  const { identity, policy, approval, gateway } = world;
  for (const one of [identity, policy, approval, gateway]) one[which].hearAccess(Infinity);
  for (const one of [policy[which], gateway[which]]) one.hearStops(Infinity);
}

/** Everybody tries everything everywhere. */
function useAll(world: World): void {
  const tried = both.flatMap((which) => [...agents, nora].map((agent) => ({ which, agent })));
  const all = connections.flatMap((connection) =>
    calls.slice(0, 4).map((call) => ({ connection, ...call })),
  );
  const tokenIssuedAt = new Date(world.bus.nowMs);
  const keys = connections.flatMap((connection) =>
    [boundTo, 'another-key'].map((shownKey) => ({ ...pick(calls, 0), connection, shownKey })),
  );
  for (const { which, agent } of tried)
    for (const call of [...all, ...keys]) world.try(which, { agent, tokenIssuedAt, ...call });
}
