import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  about,
  aboutGranted,
  aboutWaiting,
  historyOf,
  isWaiting,
  pick,
  requests,
  roundOf,
  type AboutRequest,
  type Act,
  type Choice,
} from './choice.js';
import { admin, alice, deciders, gina, impostor, nora } from './people.js';
import { wishes } from './agent-acts.js';
import { loginOf, proofOf } from './logins.js';
import { flow } from './process-acts.js';
import { narrowings, policySets } from './policies.js';
import type { World } from './world.js';

/** What an honest client sends: what it was shown, of terms and of steps. */
function versionOf(world: World, id: string): number {
  const history = historyOf(world, id);
  const round = roundOf(history);
  return history.filter(
    ({ type, data }) =>
      type === 'ApprovalGiven' && data.narrow !== undefined && data.round === round,
  ).length;
}
/** The round that is shown, which an honest client says. */
function shownIn(world: World, id: string): { round?: number } {
  const round = roundOf(historyOf(world, id));
  return round === undefined ? {} : { round };
}

const approversOf = (world: World, id: string): readonly Principal[] =>
  historyOf(world, id).flatMap(({ type, data }) =>
    type === 'ApprovalGiven' ? [data.approver] : [],
  );

const decisionOf = (id: string, approver: Principal, m: number) => ({
  requestId: id,
  approver,
  via: m % 3 === 0 ? ('slack' as const) : ('http' as const),
  causationId: 'click',
});

export const approve: Act = aboutWaiting((world, { id, which, n, m }) => {
  const shown = versionOf(world, id);
  const seen = n % 11 === 0 ? shown + 1 : shown;
  const narrow = m % 4 === 0 ? { narrow: pick(narrowings, n) } : {};
  const approver = pick(deciders, m);
  const proof = proofOf(world, approver, n);
  const round = n % 10 === 0 ? { round: 1 + (m % 3) } : shownIn(world, id);
  const decision = { ...decisionOf(id, approver, n), seen, ...narrow, ...proof, ...round };
  const replica = world.approval[which];
  world.begin('approval', which, () => replica.approvals.approve(decision));
});

/** An honest yes to what was shown, with a login that is fresh or not quite. */
function sayYes(
  world: World,
  {
    id,
    which,
    n,
    narrow,
  }: Choice & { readonly id: string; readonly narrow?: { durationSeconds: number } },
  approver: Principal,
): void {
  const { approvals } = world.approval[which];
  const proof = loginOf(world, approver, n % 2 === 0 ? 20_000 : 40_000);
  const shown = { seen: versionOf(world, id), ...shownIn(world, id) };
  const less = narrow === undefined ? {} : { narrow };
  const decision = { ...decisionOf(id, approver, 1), ...shown, ...less, proof };
  world.begin('approval', which, () => approvals.approve(decision));
}
const rightOnes = deciders.slice(0, 3);

/** The right ones say yes. */
export const agree: Act = aboutWaiting(async (world, choice) => {
  await world.bus.settle();
  for (const approver of rightOnes) {
    sayYes(world, choice, approver);
    await world.bus.settle();
  }
});

/** One says yes and then no, and others go on. */
export const waver: Act = aboutWaiting(async (world, choice) => {
  const { id, which, m } = choice;
  const [first = alice] = rightOnes;
  await world.bus.settle();
  sayYes(world, choice, first);
  await world.bus.settle();
  const decision = decisionOf(id, first, 1);
  world.begin('approval', which, () => world.approval[which].approvals.deny(decision));
  await world.bus.settle();
  sayYes(world, choice, pick(rightOnes.slice(1), m));
  await world.bus.settle();
});

/** Approval is killed behind each yes, and is there again when the time for all of them is over. */
export const cutShort: Act = aboutWaiting(async (world, choice) => {
  const { bus } = world;
  await bus.settle();
  for (const approver of rightOnes) {
    const { length } = bus.access.log;
    sayYes(world, choice, approver);
    while (bus.access.log.length === length && bus.underWay > 0) await bus.pass(0);
    world.crash('approval', choice.which);
  }
  bus.nowMs += 310_000;
  for (const one of [0, 1] as const) {
    world.approval[one].hearAccess(Infinity);
    world.begin('approval', one, () => world.approval[one].look());
  }
  await bus.settle();
});

/** Enough have agreed, and policies change before the grant. */
export const reform: Act = async (world, choice) => {
  await agree(world, choice);
  for (const policy of world.policy) policy.change(pick(policySets, choice.m));
};

export const deny: Act = aboutWaiting((world, { id, which, m, n }) => {
  const decision = decisionOf(id, pick([...approversOf(world, id), pick(deciders, m)], n), n);
  world.begin('approval', which, () => world.approval[which].approvals.deny(decision));
});

export const takeBack: Act = aboutWaiting((world, { id, which, m, n }) => {
  const decision = decisionOf(id, pick([...approversOf(world, id), pick(deciders, m)], n), n);
  world.begin('approval', which, () => world.approval[which].approvals.takeBack(decision));
});

export const ask: Act = aboutWaiting((world, { id, which, n, m }) => {
  const decision = decisionOf(id, pick(deciders, m), n);
  const question = { ...decision, questionId: `question-${n % 3}`, text: 'is it down?' };
  world.begin('approval', which, () => world.approval[which].approvals.ask(question));
});

export const revoke: Act = aboutGranted((world, { id, which, m }) => {
  const by = pick([...deciders, admin], m);
  const order = { requestId: id, by, via: 'http' as const, reason: 'enough', causationId: 'x' };
  world.begin('approval', which, () => world.approval[which].revocations.revoke(order));
});

const brokenOnes = (world: World): readonly string[] =>
  requests(world).filter((id) =>
    historyOf(world, id).some(
      ({ type, data }) => type === 'GrantIssued' && data.terms.breakGlass !== undefined,
    ),
  );

/** What nobody approved is ended, and people who may or may not say whether it was right. */
export const review: Act = about(brokenOnes, async (world, { id: requestId, which, n, m }) => {
  const order = { requestId, by: admin, via: 'http' as const, reason: 'x', causationId: 'x' };
  // Too early: it goes on.
  world.begin('approval', which, () =>
    world.approval[which].reviews.nudge('RequestReview', requestId),
  );
  await world.bus.settle();
  world.begin('approval', which, () => world.approval[which].revocations.revoke(order));
  await flow(world, { which, n, m });
  world.approval[which].hearAccess(Infinity);
  world.begin('approval', which, () => world.approval[which].look());
  await world.bus.settle();
  for (const by of [pick([...deciders, impostor], m), nora, pick([...deciders, gina], n)]) {
    const verdict = pick(['justified', 'not_justified'] as const, n);
    const said = { requestId, by, via: 'http' as const, verdict, note: 'seen', causationId: 'x' };
    world.begin('approval', which, () => world.approval[which].reviews.complete(said));
    await world.bus.settle();
  }
});

/** By somebody who may or may not. */
export const offer: Act = aboutGranted((world, { id, which, n, m }) => {
  const by = pick([...deciders, admin], m);
  const wish = { by, via: 'http' as const, seconds: pick(wishes, n), reason: 'not done yet' };
  const order = { requestId: id, ...wish, causationId: 'x' };
  world.begin('approval', which, () => world.approval[which].offers.offer(order));
});

/** More time is asked for, and the right ones agree. */
export const lengthen: Act = aboutGranted(async (world, choice) => {
  const { id, which, n } = choice;
  await world.bus.settle();
  const [asked] = historyOf(world, id);
  if (asked?.type !== 'AccessRequested') return;
  const by = asked.data.requester;
  world.extend(which, id, { by, seconds: pick(wishes, n), reason: 'not done yet' });
  await flow(world, choice);
  const round = roundOf(historyOf(world, id));
  if (round === undefined) return;
  // Now and then approval says that they do, and nobody has said anything.
  if (n % 4 === 0) {
    const data = { approvers: [alice], round };
    await world.bus.forge(id, { type: 'ExtensionApproved', data });
  }
  const narrow = n % 4 === 1 ? { narrow: { durationSeconds: 50 } } : {};
  for (const approver of n % 4 === 0 ? [] : rightOnes) {
    sayYes(world, { ...choice, ...narrow }, approver);
    await world.bus.settle();
  }
  await flow(world, choice);
});

/** What somebody with the credentials of approval would write past its rules. */
const forgeIt: AboutRequest = async (world, { id, n, m }) => {
  const history = historyOf(world, id);
  const approver = pick(deciders, m);
  const shown = { seen: versionOf(world, id), ...shownIn(world, id) };
  const given = { approver, via: 'http' as const, ...shown, step: 'lead' };
  const more = n % 3 === 0 ? { narrow: pick(narrowings, m) } : {};
  const { round } = shownIn(world, id);
  const data = { approvers: [approver] };
  const approved: AccessEvent =
    round === undefined
      ? { type: 'AccessRequestApproved', data }
      : { type: 'ExtensionApproved', data: { ...data, round } };
  const forged: readonly AccessEvent[] = [
    approved,
    { type: 'ApprovalGiven', data: { ...given, ...more, ...proofOf(world, approver, n + m) } },
    { type: 'ApprovalEscalated', data: { step: 'on-call', level: 0, ...shownIn(world, id) } },
  ];
  const event = isWaiting(history) ? pick(forged, n) : approved;
  await world.bus.forge(id, event);
};

/** Somebody lets those decide whose time has not come. */
export const usurp: Act = aboutWaiting(async (world, choice) => {
  await world.bus.settle();
  const data = { step: 'on-call', level: 0, ...shownIn(world, choice.id) };
  await world.bus.forge(choice.id, { type: 'ApprovalEscalated', data });
  sayYes(world, choice, gina);
  await world.bus.settle();
});

export const forge: Act = (world, choice) =>
  (choice.m % 4 === 0 ? about(requests, forgeIt) : aboutWaiting(forgeIt))(world, choice);

/** Of the grants that are open some are revoked, some withdrawn, and some go on. */
export function endSome(world: World): void {
  const granted = world.bus.access.log.filter(({ event }) => event.type === 'GrantIssued');
  const first = world.bus.journal.length;
  for (const [offset, { aggregateId: requestId, event }] of granted.entries()) {
    const index = first + offset;
    if (event.type !== 'GrantIssued' || index % 3 === 2) continue;
    const order = { requestId, by: admin, via: 'http' as const, reason: 'x', causationId: 'x' };
    if (index % 3 === 1) world.withdraw(0, requestId, event.data.grantee);
    else world.begin('approval', 1, () => world.approval[1].revocations.revoke(order));
  }
}

/** What is tried when all is over: by the agent, by humans, and past every rule. */
export async function tryLate(world: World): Promise<void> {
  for (const [index, id] of requests(world).entries()) {
    const [asked] = historyOf(world, id);
    if (asked?.type !== 'AccessRequested') continue;
    const which = index % 2 === 0 ? 0 : 1;
    if (index % 3 === 0) await forgeIt(world, { id, which, n: 0, m: index });
    else world.withdraw(which, id, asked.data.requester);
    for (const n of [0, 1, 2]) await approve(world, { which, n, m: index });
  }
}
