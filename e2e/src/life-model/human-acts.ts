import type { AccessEvent, Principal } from '@drawbridge/contracts';
import {
  about,
  aboutGranted,
  aboutWaiting,
  historyOf,
  isWaiting,
  pick,
  requests,
  type AboutRequest,
  type Act,
  type Choice,
} from './choice.js';
import { admin, alice, deciders, gina, impostor, nora } from './people.js';
import { loginOf, proofOf } from './logins.js';
import { flow } from './process-acts.js';
import { narrowings, policySets } from './policies.js';
import type { World } from './world.js';

/** What an honest client sends: what it was shown, of terms and of steps. */
function versionOf(world: World, id: string): number {
  return historyOf(world, id).filter(
    ({ type, data }) => type === 'ApprovalGiven' && data.narrow !== undefined,
  ).length;
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
  const decision = { ...decisionOf(id, approver, n), seen, ...narrow, ...proof };
  const replica = world.approval[which];
  world.begin('approval', which, () => replica.approvals.approve(decision));
});

/** An honest yes to what was shown, with a login that is fresh or not quite. */
function sayYes(
  world: World,
  { id, which, n }: Choice & { id: string },
  approver: Principal,
): void {
  const { approvals } = world.approval[which];
  const proof = loginOf(world, approver, n % 2 === 0 ? 20_000 : 40_000);
  const decision = { ...decisionOf(id, approver, 1), seen: versionOf(world, id), proof };
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

/** What somebody with the credentials of approval would write past its rules. */
const forgeIt: AboutRequest = async (world, { id, n, m }) => {
  const history = historyOf(world, id);
  const approver = pick(deciders, m);
  const given = { approver, via: 'http' as const, seen: versionOf(world, id), step: 'lead' };
  const more = n % 3 === 0 ? { narrow: pick(narrowings, m) } : {};
  const approved: AccessEvent = { type: 'AccessRequestApproved', data: { approvers: [approver] } };
  const forged: readonly AccessEvent[] = [
    approved,
    { type: 'ApprovalGiven', data: { ...given, ...more, ...proofOf(world, approver, n + m) } },
    { type: 'ApprovalEscalated', data: { step: 'on-call', level: 0 } },
  ];
  const event = isWaiting(history) ? pick(forged, n) : approved;
  await world.bus.forge(id, event);
};

/** Somebody lets those decide whose time has not come. */
export const usurp: Act = aboutWaiting(async (world, choice) => {
  await world.bus.settle();
  const data = { step: 'on-call', level: 0 };
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
