import type { AccessEvent, AccessEventData, AccessEventType } from '@drawbridge/contracts';
import type { Policy, PolicySet } from '@drawbridge/policy/core';
import { claim, isClosed, type Asked, type Life } from './life.js';
import { policyOf, ruleOf } from './places-oracle.js';
import { emailOf, QuorumOracle } from './quorum-oracle.js';
import { asksWhom } from './requirement-oracle.js';

type EventOf<Type> = Extract<AccessEvent, { type: Type }>;
interface When {
  readonly localMs: number;
  readonly isForged: boolean;
  readonly sets: readonly PolicySet[];
}
type Wish = AccessEventData<'ExtensionRequested'> | AccessEventData<'ExtensionOffered'>;
type Rounds = {
  readonly [Type in AccessEventType]?: (life: Life, event: EventOf<Type>, when: When) => void;
};
const MOST_ROUNDS = 10;
const SOON_MS = 600_000;

/** I10: more time is asked for while the grant runs, one wish after the other. */
function begin(life: Life, wish: Wish, { localMs }: When): void {
  const { grant, rounds } = life;
  claim(grant !== undefined && mayGoOn(life), 'I10: more of what is not open', wish);
  claim(localMs < grant.endsAtMs, 'I10: more time behind the end', wish);
  claim(life.openRound === undefined, 'I10: two wishes at once', wish);
  claim(wish.round === rounds.size + 2 && wish.round <= MOST_ROUNDS, 'I10: another round', wish);
  const { seconds } = wish;
  rounds.set(wish.round, { seconds, askedAtMs: 0, decideByMs: Infinity, isDecided: false });
  life.openRound = wish.round;
}

const mayGoOn = (life: Life): boolean => !isClosed(life) && !life.isOrdered;

/** The wish that is open, where the event is of it. */
function openOf(life: Life, event: { data: { round: number } }): Asked & { seconds: number } {
  const round = life.rounds.get(event.data.round);
  claim(round !== undefined && life.openRound === event.data.round, 'I10: no such wish', event);
  return round;
}

const judged: Rounds = {
  ExtensionRequested: (life, { data }, when) => {
    claim(data.by.subject === life.requested.requester.subject, 'I10: by another agent', data);
    begin(life, data, when);
  },
  ExtensionOffered: (life, { data }, when) => {
    const { by } = data;
    const { requester } = life.requested;
    const answers = [requester.owner, requester.sponsor].includes(emailOf(by));
    const told = ['admins', ...(life.grant?.data.terms.breakGlass?.tell ?? [])];
    const isOne =
      by.groups.some((group) => told.includes(group)) ||
      answers ||
      life.quorum?.mayDeny(by) === true;
    const hasSaid = life.quorum?.yes.some(({ email }) => email === emailOf(by)) === true;
    claim(by.kind === 'human' && (isOne || hasSaid), 'I10: offered by nobody who may', data);
    begin(life, data, when);
  },
  ExtensionValidated: (life, event, { sets, localMs }) => {
    const { data } = event;
    const wish = openOf(life, event);
    const { grant } = life;
    claim(grant !== undefined && mayGoOn(life) && !wish.quorum, 'I10: judged too late', data);
    claim(data.seconds === wish.seconds, 'I10: for another time', data);
    const policy = policyOf(sets, data.policy);
    claim(data.policy.name === grant.data.policy.name, 'I10: by another policy', data);
    const total = totalOf(life) + data.seconds;
    claim(isShort(policy, data.seconds, total), 'I10: too long', data);
    const { autoApproved: rule, approval } = data;
    const isAsked = rule === undefined && asksWhom(approval, policy);
    claim(isAsked || isWithin(rule, total, policy), 'I10: asks others', data);
    if (rule !== undefined) wish.auto = { rule, atMs: localMs };
    const terms = { ...grant.data.terms, durationSeconds: data.seconds };
    const { requester } = life.requested;
    wish.quorum = new QuorumOracle({ approval, terms, requester }, { sinceMs: localMs });
  },
  ExtensionDenied: (life, event) => {
    openOf(life, event);
    delete life.openRound;
  },
  ExtensionApproved: (life, event, { isForged }) => {
    const wish = life.rounds.get(event.data.round);
    const isComplete = wish?.quorum?.isComplete === true;
    claim(isForged || isComplete, 'I10: approved without a quorum', event);
    if (wish !== undefined) wish.isDecided = true;
  },
  ExtensionClosed: (life, event, { localMs }) => {
    const wish = openOf(life, event);
    const isLate = localMs >= wish.decideByMs && wish.quorum?.isComplete === false;
    const isRight = event.data.outcome === 'lapsed' ? isLate : wish.quorum?.isDenied === true;
    claim(isRight, 'I10: closed for nothing', event);
    delete life.openRound;
  },
  GrantExtended: (life, event, { localMs, sets }) => {
    const { data } = event;
    const wish = openOf(life, event);
    const { grant } = life;
    claim(grant !== undefined && mayGoOn(life), 'I10: extended after an end', event);
    claim(localMs < grant.endsAtMs, 'I10: extended behind the end', event);
    claim(wish.quorum?.isComplete === true, 'I10: extended without a quorum', event);
    const soonMs = (wish.auto?.atMs ?? Infinity) + SOON_MS;
    claim(localMs <= soonMs, 'I10: what was so long ago', event);
    const counted = wish.quorum.yes.map(({ email }) => email).toSorted();
    const named = data.approvers.map(emailOf).toSorted();
    claim(JSON.stringify(named) === JSON.stringify(counted), 'I10: other approvers', event);
    const endsAtMs = grant.endsAtMs + wish.quorum.terms.durationSeconds * 1_000;
    claim(Date.parse(data.endsAt) === endsAtMs, 'I10: for another time', event);
    grant.endsAtMs = endsAtMs;
    const most = sets.map(
      ({ policies }) =>
        policies.find(({ name }) => name === grant.data.policy.name)?.extension?.maxTotalSeconds,
    );
    claim(
      most.some((seconds = 0) => totalOf(life) <= seconds),
      'I10: too long in all',
      event,
    );
    delete life.openRound;
  },
};

function isShort(policy: Policy | undefined, seconds: number, total: number): boolean {
  const { maxSeconds = 0, maxTotalSeconds = 0 } = policy?.extension ?? {};
  return seconds <= maxSeconds && total <= maxTotalSeconds;
}

/** Whether a rule asks nobody about all of the time together. */
const isWithin = (rule: string | undefined, total: number, policy: Policy | undefined): boolean =>
  rule !== undefined && total <= (ruleOf(policy, rule)?.when.maxDurationSeconds ?? Infinity);

const totalOf = ({ grant }: Life): number =>
  grant === undefined ? 0 : (grant.endsAtMs - Date.parse(grant.data.startsAt)) / 1_000;

/** I10: more time is given as access is. */
export function extend<Type extends AccessEventType>(
  life: Life,
  event: EventOf<Type> & { readonly type: Type },
  when: When,
): void {
  const judge: Rounds[Type] = judged[event.type];
  judge?.(life, event, when);
}
