import type { ServiceName } from '@drawbridge/contracts';
import type { Outcome } from './bus.js';
import { aboutRequest, aboutWaiting, pick, type AboutRequest, type Act } from './choice.js';
import { deciders, frank } from './people.js';
import { policySets } from './policies.js';

const services: readonly ServiceName[] = ['policy', 'approval', 'proxy', 'identity'];
const outcomes: readonly Outcome[] = ['unheard', 'not_at_all'];

export const disableHuman: Act = (world, { n }) => {
  world.disableHuman(pick([...deciders, frank], n).email?.toLowerCase() ?? '');
};

/** In one process first, or in both at once. */
export const changePolicy: Act = (world, { which, n, m }) => {
  const changed = m % 2 === 0 ? world.policy : [world.policy[which]];
  for (const policy of changed) policy.change(pick(policySets, n));
};

export const tick: Act = (world, { n, m }) => {
  world.bus.nowMs += m % 3 === 0 ? n * 3_000 : n * 50;
};

export const look: Act = (world, { which, m }) => {
  if (m % 2 === 0) world.begin('approval', which, () => world.approval[which].look());
  else world.begin('policy', which, () => world.policy[which].look());
};

/** Nobody says anything for a minute or so, and a process of approval sees what that makes due. */
export const wait: Act = async (world, { which, n }) => {
  world.bus.nowMs += 35_000 + n * 200;
  world.approval[which].hearAccess(Infinity);
  world.begin('approval', which, () => world.approval[which].look());
  await world.bus.settle();
};

export const hear: Act = (world, { which, n, m }) => {
  const most = m % 4 === 0 ? 1 + (n % 3) : Infinity;
  if (n % 2 === 0) world.gateway[which].hearAccess(most);
  if (n % 3 === 0) world.gateway[which].hearStops(most);
  if (n % 5 < 2) world.policy[which].hearAccess(most);
  if (n % 7 < 4) world.policy[which].hearStops(most);
  if (n % 5 > 1) world.approval[which].hearAccess(most);
  if (n % 5 < 3) world.identity[which].hearAccess(most);
};

export const deliver: Act = (world, { which, n, m }) => {
  const { waiting } = world.bus;
  const [delivery] = waiting.splice(m % 3 === 0 ? n % Math.max(waiting.length, 1) : 0, 1);
  if (delivery !== undefined) world.deliver(which, delivery);
};

export const redeliver: Act = (world, { which, n }) => {
  const delivery = world.bus.past[n % Math.max(world.bus.past.length, 1)];
  if (delivery !== undefined) world.deliver(which, delivery);
};

const nagAbout: AboutRequest = (world, { id, which, n, m }) => {
  const { approvals } = world.approval[which];
  const { commands } = world.policy[which];
  const occasion = { requestId: id, causationId: 'nag' };
  const early = [
    () => commands.expire(occasion),
    () => approvals.nudge(id, { type: 'Escalate', step: 'on-call' }),
    () => commands.issue(occasion),
    () => approvals.react('LapseRequest', id, id),
    () => commands.endUnasked(occasion),
    () => approvals.react('CompleteApproval', id, id),
    () => commands.recheck(occasion),
    () => approvals.react('RejectRequest', id, id),
    () => commands.judge(occasion),
    () => approvals.nudge(id, { type: 'Remind', step: 'on-call' }),
    () => commands.takeBack(occasion),
    () => approvals.react('RequestApproval', id, id),
    () => commands.judgeExtension(occasion),
    () => approvals.nudge(id, { type: 'Escalate', step: 'lead' }),
    () => commands.extend(occasion),
    () => approvals.react('CompleteApproval', id, id),
  ];
  const index = (n + m) % early.length;
  world.begin(index % 2 === 0 ? 'policy' : 'approval', which, pick(early, index));
};
export const nag: Act = (world, choice) =>
  (choice.m % 3 === 0 ? aboutRequest : aboutWaiting)(nagAbout)(world, choice);

export const crash: Act = (world, { which, n }) => {
  world.crash(pick(services, n), which);
};

export const pass: Act = (world, { n, m }) =>
  world.bus.pass(n, m % 12 === 0 ? pick(outcomes, n) : 'well');

export const settle: Act = (world) => world.bus.settle();

/** Nothing is in the way for a moment. */
export const flow: Act = async (world, { which }) => {
  await world.bus.settle();
  for (let left = 20; left > 0 && world.bus.waiting.length > 0; left -= 1) {
    const delivery = world.bus.waiting.shift();
    if (delivery !== undefined) world.deliver(which, delivery);
    await world.bus.settle();
  }
};
