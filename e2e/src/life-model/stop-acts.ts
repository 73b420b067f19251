import type { AccessEventData, StopTarget } from '@drawbridge/contracts';
import { use } from './agent-acts.js';
import { nameOf, pick, type Act, type Choice } from './choice.js';
import { admin, agents } from './people.js';
import { connections } from './policies.js';
import { targetName } from './stops-oracle.js';
import type { World } from './world.js';

const stopTarget = (n: number): StopTarget =>
  pick(
    [
      'all',
      ...connections.map((connection) => ({ connection })),
      ...agents.map((agent) => ({ agent: nameOf(agent) })),
    ],
    n,
  );

const aimedAt = ({ terms, grantee }: AccessEventData<'GrantIssued'>, n: number): StopTarget =>
  pick(['all', { connection: terms.connection }, { agent: nameOf(grantee) }], n);

export const raise = (world: World, { which, n, m }: Choice): void => {
  const newest = world.bus.access.log.findLast(({ event }) => event.type === 'GrantIssued');
  const isOfNewest = newest?.event.type === 'GrantIssued' && m % 4 > 1;
  const target = isOfNewest ? aimedAt(newest.event.data, n) : stopTarget(n);
  const stop = { target, reason: targetName(target), by: admin, via: 'http' as const };
  world.stop(which, {
    type: 'RaiseBridges',
    ...stop,
    keep: m % 3 !== 0,
    mayRaise: true,
    isAdmin: true,
  });
};

export const release = (world: World, { which, n }: Choice): void => {
  const raised = world.bus.stops.log.flatMap(({ event }) =>
    event.type === 'BridgesRaised' ? [event.data] : [],
  );
  const target = raised.toReversed()[n % Math.max(raised.length, 1)]?.target ?? 'all';
  const stop = { target, reason: targetName(target), by: admin, via: 'http' as const };
  world.stop(which, { type: 'ReleaseBridges', ...stop, isAdmin: true });
};

/** Raised and released before clocks can tell. */
export const moment: Act = async (world, choice) => {
  raise(world, choice);
  await world.bus.settle();
  release(world, { ...choice, n: 0 });
  await world.bus.settle();
  for (const gateway of world.gateway) {
    gateway.hearAccess(Infinity);
    gateway.hearStops(Infinity);
  }
  for (let m = 1; m < 6; m += 1) use(world, { ...choice, n: 0, m });
};

export const disableAgent: Act = (world, { which, n, m }) => {
  const type = m % 2 === 0 ? 'DisableAgent' : 'EnableAgent';
  world.switchAgent(which, { type, agent: nameOf(pick(agents, n)), by: admin, reason: 'wild' });
};
