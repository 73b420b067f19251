import { about, aboutGranted, historyOf, pick, requests, type Act, type Choice } from './choice.js';
import type { Principal } from '@drawbridge/contracts';
import { loginOf, proofOf } from './logins.js';
import { agents, alice, impostor, nora } from './people.js';
import { asks, boundTo, calls, connections, glass, long, policySets, small } from './policies.js';
import type { World } from './world.js';

export const runs = ['run-a', 'run-b'] as const;

export const submit: Act = (world, { which, n, m }) => {
  const run = n % 3 === 0 ? { runId: pick(runs, m) } : {};
  const request = { ...pick(asks, m), connection: pick(connections, n), ...run };
  world.submit(which, { requester: pick(agents, m), request, digest: 'digest' });
};

/** More than may pass without a human in an hour, at once and by both processes. */
export const rush: Act = async (world, { n, m }) => {
  const requester = pick(agents, m);
  world.bus.areListsAway = n % 5 === 0;
  for (const which of [0, 1, 0] as const) {
    const request = { ...(n % 4 === 1 ? long : small), connection: 'quota' };
    world.submit(which, { requester, request, digest: 'digest' });
  }
  if (n % 3 > 0) await world.bus.settle();
};

/** Policy is killed between its verdict and the grant, and is there again when other things hold. */
export const halfway: Act = async (world, { which, n, m }) => {
  const { bus } = world;
  await bus.settle();
  const digest = 'digest';
  const asked = { requester: pick(agents, m), request: { ...small, connection: 'quota' }, digest };
  const proof = loginOf(world, nora, 20_000);
  const atNight = { requester: nora, request: { ...glass, connection: 'parallel' }, proof, digest };
  world.submit(which, n % 3 === 0 ? atNight : asked);
  await bus.settle();
  const delivery = bus.waiting.pop();
  if (delivery !== undefined) world.deliver(which, delivery);
  const isJudged = () => bus.access.log.at(-1)?.event.type === 'AccessRequestValidated';
  for (let left = 20; left > 0 && !isJudged(); left -= 1) await bus.pass(0);
  world.crash('policy', which);
  if (n % 2 === 0) bus.nowMs += 598_000 + n * 100;
  else for (const policy of world.policy) policy.change(pick(policySets, m));
  for (const policy of world.policy) policy.hearStops(Infinity);
};

/** At night, by who may or may not, with a login or without. */
export const breakGlass: Act = async (world, { which, n, m }) => {
  const requester = pick<Principal>([nora, nora, nora, impostor, alice, agents[0]], m);
  const reason = n % 6 === 0 ? { reason: 'now' } : {};
  const connection = pick(['parallel', 'guarded', 'parallel', 'lab'], n);
  const request = { ...glass, connection, ...reason };
  const proof = proofOf(world, requester, n + m);
  world.submit(which, { requester, request, digest: 'digest', ...proof });
  if (n % 4 > 0) await world.bus.settle();
};

export const withdraw: Act = aboutGranted((world, { id, which, m }) => {
  world.withdraw(which, id, pick(agents, m));
});

export const wishes = [100, 250, 400, 9_000] as const;

/** By its agent or another. */
export const extend: Act = aboutGranted((world, { id, which, n, m }) => {
  const [asked] = historyOf(world, id);
  const requester = asked?.type === 'AccessRequested' ? asked.data.requester : agents[0];
  const by = m % 7 === 0 ? pick(agents, n) : requester;
  world.extend(which, id, { by, seconds: pick(wishes, m), reason: 'not done yet' });
});

export const endRun: Act = (world, { which, n, m }) => {
  world.endRun(which, pick(agents, m), pick(runs, n));
};

const asked = (world: World): readonly string[] =>
  requests(world).filter((id) => historyOf(world, id).some(({ type }) => type === 'QuestionAsked'));

/** By its agent or another, of what was asked or was not, and now and then something else than before. */
export const answer: Act = about(asked, (world, { id, which, n, m }) => {
  const history = historyOf(world, id);
  const requester = history.find((event) => event.type === 'AccessRequested')?.data.requester;
  const by = m % 5 === 0 || requester === undefined ? pick(agents, n) : requester;
  const questions = history.filter((event) => event.type === 'QuestionAsked');
  const { questionId } = pick(questions, m).data;
  const text = pick(['yes', 'no'], m);
  world.answer(which, id, { by, questionId: n % 9 === 0 ? 'another-one' : questionId, text });
});

export const use = (world: World, { which, n, m }: Choice): void => {
  const issued = world.bus.access.log.flatMap(({ event }) =>
    event.type === 'GrantIssued' ? [event.data] : [],
  );
  const grant = issued.toReversed()[n % Math.max(issued.length, 1)];
  const agent = grant?.grantee ?? pick(agents, n);
  const connection = m % 13 === 0 ? pick(connections, n) : (grant?.terms.connection ?? 'lab');
  const groups = m % 7 === 0 ? [] : agent.groups;
  const own = { shownKey: grant?.terms.keyThumbprint };
  const shown = pick([own, own, {}, { shownKey: 'another-key' }, { shownKey: boundTo }], m);
  const tokenIssuedAt = new Date(world.bus.nowMs - (n % 4) * 2_000);
  const who = { agent: { ...agent, groups }, tokenIssuedAt, ...shown };
  world.try(which, { ...who, connection, ...pick(calls, m) });
};
