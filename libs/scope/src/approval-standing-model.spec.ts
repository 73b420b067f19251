import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  ApprovalRequirement,
  ApprovalStep,
  Principal,
  Rule,
  StepsRequirement,
} from '@drawbridge/contracts';
import { beginStanding, continueStanding } from './approval-standing.js';
import { asSteps } from './as-steps.js';
import { countApprovers } from './quorum.js';
import type { ApprovalFact, FactOf, Parties, Standing } from './step-approval.js';
import { openSteps, outcomeOf } from './step-progress.js';
import { within } from './within.js';

/**
 * Random requirements, people and histories, also such as no honest service would write. What may come of them is
 * said a second time here, by trying every way to seat people instead of matching, and by the log alone.
 */
const issuer = 'https://idp.corp.test';
const start = Date.parse('2026-01-05T09:00:00.000Z');
const groups = ['a', 'b', 'c'] as const;
const human = (subject: string, email: string, own: readonly string[]): Principal => ({
  kind: 'human',
  issuer,
  subject,
  email,
  groups: [...own],
});
const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent',
  groups: ['a', 'b', 'c'],
  owner: 'own@corp.test',
};
const behalf = human('erin', 'erin@corp.test', ['a']);
const parties: Parties = { requester: agent, sponsor: 'sam@corp.test', onBehalfOf: behalf };
/** Honest humans; the first two are one and the same. */
const honest = [
  human('u1', 'u1@corp.test', ['a']),
  human('u1.admin', 'U1@CORP.TEST', ['b']),
  human('u2', 'u2@corp.test', ['a', 'b']),
  human('u3', 'u3@corp.test', ['b', 'c']),
  human('u4', 'u4@corp.test', ['c']),
  human('u5', 'u5@corp.test', ['a', 'b', 'c']),
];
const forbidden = [
  agent,
  { ...agent, kind: 'human' as const },
  behalf,
  human('own', 'own@corp.test', ['a', 'b', 'c', 'admins']),
  human('sam', 'SAM@corp.test', ['a', 'b', 'c']),
  human('zoe', 'zoe@corp.test', ['z']),
  { kind: 'human' as const, issuer, subject: 'nobody', groups: ['a'] },
];
const personOf = ({ email = '', subject }: Principal) =>
  email === '' ? subject : email.toLowerCase();

const rule = (...verbs: string[]): Rule => ({
  verbs,
  apiGroups: [''],
  resources: ['pods'],
  namespaces: ['x', 'y'],
});
const terms = { rules: [rule('get', 'list', 'delete')], durationSeconds: 900 };

const someGroups = fc.uniqueArray(fc.constantFrom(...groups), { minLength: 1, maxLength: 2 });
const humanStep = fc.record({
  count: fc.integer({ min: 1, max: 2 }),
  own: someGroups,
  later: fc.option(someGroups),
});
const requirementOf = fc
  .record({
    order: fc.constantFrom('sequential' as const, 'parallel' as const),
    humans: fc.array(humanStep, { minLength: 1, maxLength: 3 }),
    withTicket: fc.boolean(),
    denyThreshold: fc.integer({ min: 1, max: 2 }),
  })
  .map(({ order, humans, withTicket, denyThreshold }): StepsRequirement => {
    const steps: ApprovalStep[] = humans.map(({ count, own, later }, index) => ({
      type: 'humans',
      name: `step-${index}`,
      count,
      groups: own,
      ...(later === null ? {} : { escalate: [{ afterSeconds: 600, groups: later }] }),
    }));
    if (withTicket) steps.push({ type: 'ticket', name: 'ticket', webhook: 'jira' });
    return { type: 'steps', order, steps, denyThreshold, excludeOwner: true, timeoutSeconds: 1800 };
  });

const who = fc.oneof(
  { weight: 7, arbitrary: fc.constantFrom(...honest) },
  { weight: 1, arbitrary: fc.constantFrom(...forbidden) },
);
const stepName = fc.constantFrom('step-0', 'step-1', 'step-2', 'ticket', 'no-such-step');
const narrow = fc.constantFrom(
  ...Array.from({ length: 6 }, () => ({})),
  { durationSeconds: 300 },
  { durationSeconds: 9000 },
  { rules: [rule('get')] },
  { rules: [rule('get', 'create')] },
  { rules: [] },
  { durationSeconds: 60, rules: [rule('list')] },
);
const draft: fc.Arbitrary<ApprovalFact> = fc.integer({ min: 0, max: 30 }).chain((minutes) => {
  const at = new Date(start + minutes * 60_000).toISOString();
  const seen = fc.integer({ min: 0, max: 2 });
  return fc.oneof(
    {
      weight: 14,
      arbitrary: fc.record<FactOf<'given'>>(
        {
          type: fc.constant('given'),
          approver: who,
          at: fc.constant(at),
          seen,
          step: stepName,
          narrow,
        },
        { requiredKeys: ['type', 'approver', 'at', 'seen'] },
      ),
    },
    {
      weight: 1,
      arbitrary: fc.record({
        type: fc.constant('denied' as const),
        approver: who,
        at: fc.constant(at),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('voided' as const),
        approver: who,
        at: fc.constant(at),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('ticket' as const),
        step: stepName,
        webhook: fc.constantFrom('jira', 'jira', 'other'),
        ticket: fc.constantFrom('OPS-1', 'OPS-1', 'OPS-2'),
        decision: fc.constantFrom('approved' as const, 'approved' as const, 'denied' as const),
        seen,
        at: fc.constant(at),
      }),
    },
    {
      weight: 2,
      arbitrary: fc.record({
        type: fc.constant('escalated' as const),
        step: stepName,
        level: fc.integer({ min: 0, max: 1 }),
        at: fc.constant(at),
      }),
    },
  );
});
/** Most clients are honest about what they have seen and which step they mean: otherwise hardly anything counts. */
const history = fc.array(
  fc.record({ fact: draft, isHonest: fc.nat({ max: 3 }).map((one) => one > 0) }),
  { minLength: 4, maxLength: 20 },
);

const asked = (requirement: StepsRequirement) =>
  beginStanding({
    requirement,
    parties,
    terms,
    ticket: 'OPS-1',
    at: new Date(start).toISOString(),
  });
function honestly(standing: Standing, fact: ApprovalFact): ApprovalFact {
  if (fact.type === 'ticket') {
    const said = { step: 'ticket', webhook: 'jira', ticket: 'OPS-1' };
    return { ...fact, ...said, seen: standing.termsVersion };
  }
  if (fact.type !== 'given') return fact;
  const [open] = openSteps(standing);
  const step = standing.asked.requirement.order === 'sequential' ? open?.step.name : undefined;
  const { type, approver, at, narrow: change } = fact;
  return {
    ...{ type, approver, at, seen: standing.termsVersion },
    ...(step === undefined ? {} : { step }),
    ...(change === undefined ? {} : { narrow: change }),
  };
}
function play(
  requirement: StepsRequirement,
  steps: readonly { fact: ApprovalFact; isHonest: boolean }[],
) {
  const facts: ApprovalFact[] = [];
  const standings = [asked(requirement)];
  for (const { fact, isHonest } of steps) {
    const before = standings.at(-1)!;
    const real = isHonest ? honestly(before, fact) : fact;
    facts.push(real);
    standings.push(continueStanding(before, real));
  }
  return { facts, standings, last: standings.at(-1)! };
}

/** Whether every seat can have a person of its own: by trying. */
function canSeat(seats: readonly (readonly string[])[], people: readonly Principal[]): boolean {
  const [seat, ...more] = seats;
  if (seat === undefined) return true;
  return people.some(
    (person, index) =>
      person.groups.some((group) => seat.includes(group)) &&
      canSeat(more, people.toSpliced(index, 1)),
  );
}
const seatsOf = ({ steps }: StepsRequirement, escalated: ReadonlySet<string>) =>
  steps.flatMap((step) => {
    if (step.type === 'ticket') return [];
    const later = escalated.has(step.name)
      ? (step.escalate ?? []).flatMap((level) => level.groups)
      : [];
    return Array.from({ length: step.count }, () => [...step.groups, ...later]);
  });
/** Who said yes and neither no afterwards nor lost their say, one account for each human. */
function yesOf(facts: readonly ApprovalFact[]): Principal[] {
  const yes = new Map<string, Principal[]>();
  for (const fact of facts) {
    if (fact.type === 'given' && !isForbidden(fact.approver)) {
      yes.set(personOf(fact.approver), [
        ...(yes.get(personOf(fact.approver)) ?? []),
        fact.approver,
      ]);
    } else if (fact.type === 'voided' || fact.type === 'denied')
      yes.delete(personOf(fact.approver));
  }
  // The most that one human can be: whatever group any of their accounts is in.
  return [...yes.values()].map((all) => ({ ...all[0]!, groups: all.flatMap((one) => one.groups) }));
}
const isRightYes = ({ decision, webhook, ticket }: FactOf<'ticket'>) =>
  decision === 'approved' && webhook === 'jira' && ticket === 'OPS-1';
const isForbidden = (person: Principal) => forbidden.includes(person);
const runs = { numRuns: 4_000 };

describe('whatever a history holds', () => {
  it('nothing is approved unless every seat has a different human of its groups and every ticket says yes', () => {
    let approved = 0;
    fc.assert(
      fc.property(requirementOf, history, (requirement, steps) => {
        const { facts, last } = play(requirement, steps);
        if (outcomeOf(last) !== 'approved') return;
        approved += 1;
        const escalated = new Set(
          facts.flatMap((fact) =>
            fact.type === 'escalated' && Date.parse(fact.at) >= start + 600_000 ? [fact.step] : [],
          ),
        );
        expect(canSeat(seatsOf(requirement, escalated), yesOf(facts))).toBe(true);
        const tickets = facts.filter((fact) => fact.type === 'ticket');
        if (requirement.steps.some(({ type }) => type === 'ticket')) {
          expect(tickets.some(isRightYes)).toBe(true);
        }
        const asked = requirement.steps.flatMap((step) =>
          step.type === 'ticket' ? [] : step.groups,
        );
        const noes = facts.flatMap((fact) =>
          fact.type === 'denied' &&
          !isForbidden(fact.approver) &&
          fact.approver.groups.some((group) => asked.includes(group))
            ? [personOf(fact.approver)]
            : [],
        );
        expect(new Set(noes).size).toBeLessThan(requirement.denyThreshold);
      }),
      runs,
    );
    expect(approved).toBeGreaterThan(300);
  });

  it('nobody counts who must not, and no human counts twice', () => {
    let counted = 0;
    fc.assert(
      fc.property(requirementOf, history, (requirement, steps) => {
        for (const { approvals, denials } of play(requirement, steps).standings) {
          const people = approvals.map(({ approver }) => approver);
          counted += people.length;
          expect([...people, ...denials].filter(isForbidden)).toStrictEqual([]);
          expect(new Set(people.map(personOf)).size).toBe(people.length);
          expect(
            denials.filter((one) => people.some((other) => personOf(one) === personOf(other))),
          ).toStrictEqual([]);
        }
      }),
      runs,
    );
    expect(counted).toBeGreaterThan(5_000);
  });

  it('the terms only ever shrink, something is left of them, and who counts has seen them as they were', () => {
    let narrowed = 0;
    fc.assert(
      fc.property(requirementOf, history, (requirement, steps) => {
        const { facts, standings } = play(requirement, steps);
        for (const [index, standing] of standings.slice(1).entries()) {
          const fact = facts[index]!;
          const before = standings[index]!.terms;
          expect(within(standing.terms.rules, before.rules)).toBe(true);
          expect(standing.terms.rules.length).toBeGreaterThan(0);
          expect(standing.terms.durationSeconds).toBeLessThanOrEqual(before.durationSeconds);
          expect(standing.terms.durationSeconds).toBeGreaterThan(0);
          narrowed += Number(standing.terms !== before);
          const isCounted = standing.approvals.length > standings[index]!.approvals.length;
          if (fact.type === 'given' && isCounted) {
            expect(fact.seen).toBe(standings[index]!.termsVersion);
          }
        }
      }),
      runs,
    );
    expect(narrowed).toBeGreaterThan(500);
  });

  it('a no that counted is for ever, a repeated fact changes nothing, and a say taken away approves nothing', () => {
    fc.assert(
      fc.property(requirementOf, history, (requirement, steps) => {
        const { facts, standings } = play(requirement, steps);
        for (const [index, fact] of facts.entries()) {
          const [before, after] = [standings[index]!, standings[index + 1]!];
          if (before.isDenied) expect(after).toStrictEqual(before);
          if (fact.type !== 'voided' && fact.type !== 'ticket')
            expect(continueStanding(after, fact)).toStrictEqual(after);
          if (outcomeOf(before) !== 'approved' && fact.type === 'voided')
            expect(outcomeOf(after)).not.toBe('approved');
          if (fact.type === 'denied' && requirement.denyThreshold === 1 && after !== before)
            expect(outcomeOf(after)).toBe('denied');
        }
      }),
      runs,
    );
  });

  it('can be kept as text and read again', () => {
    fc.assert(
      fc.property(requirementOf, history, (requirement, steps) => {
        const { last } = play(requirement, steps);
        expect(JSON.parse(JSON.stringify(last))).toStrictEqual(last);
      }),
      { numRuns: 500 },
    );
  });
});

const yes = (approver: Principal): ApprovalFact => ({
  type: 'given',
  approver,
  at: new Date(start).toISOString(),
  seen: 0,
});

describe('steps that are asked at once', () => {
  const parallel = requirementOf.map((one): StepsRequirement => ({
    ...one,
    order: 'parallel',
    steps: one.steps.filter(({ type }) => type === 'humans'),
  }));
  const crowd = fc.shuffledSubarray(honest.slice(1));

  it('are approved exactly when the humans could be seated, in whatever order they come', () => {
    let approved = 0;
    fc.assert(
      fc.property(parallel, crowd, (requirement, people) => {
        const standing = people.map(yes).reduce(continueStanding, asked(requirement));
        const isPossible = canSeat(seatsOf(requirement, new Set()), people);
        expect(outcomeOf(standing)).toBe(isPossible ? 'approved' : 'open');
        approved += Number(isPossible);
      }),
      runs,
    );
    expect(approved).toBeGreaterThan(300);
  });
});

describe('steps in a sequence', () => {
  it('are never approved before those in front of them are', () => {
    let later = 0;
    fc.assert(
      fc.property(requirementOf, history, (one, steps) => {
        const { facts, standings } = play({ ...one, order: 'sequential' }, steps);
        for (const [index, fact] of facts.entries()) {
          const [before, after] = [standings[index]!, standings[index + 1]!];
          const isTicket =
            fact.type === 'ticket' && fact.decision === 'approved' && after !== before;
          const isGiven = fact.type === 'given' && after.approvals.length > before.approvals.length;
          if (!isTicket && !isGiven) continue;
          const names = before.steps.map(({ step }) => step.name);
          const inFront = before.steps.slice(0, names.indexOf(fact.step ?? ''));
          later += Number(inFront.length > 0);
          for (const { step } of inFront) {
            const count = step.type === 'ticket' ? 0 : step.count;
            expect(
              before.approvals.filter((other) => other.step === step.name).length,
            ).toBeGreaterThanOrEqual(count);
          }
        }
      }),
      runs,
    );
    expect(later).toBeGreaterThan(300);
  });
});

describe('so many humans of some groups, as it was always asked', () => {
  it('is the same as one step', () => {
    let reached = 0;
    const humans = fc.record({
      count: fc.integer({ min: 1, max: 3 }),
      own: someGroups,
      excludeOwner: fc.boolean(),
    });
    fc.assert(
      fc.property(
        humans,
        fc.array(who, { maxLength: 8 }),
        ({ count, own, excludeOwner }, people) => {
          const old = {
            type: 'humans',
            count,
            groups: own,
            excludeOwner,
            timeoutSeconds: 60,
          } as const satisfies ApprovalRequirement;
          const before = beginStanding({
            requirement: asSteps(old),
            parties: { requester: agent },
            terms,
            at: new Date(start).toISOString(),
          });
          const standing = people.map(yes).reduce(continueStanding, before);
          const isReached = countApprovers(people, old, agent) >= count;
          expect(outcomeOf(standing) === 'approved').toBe(isReached);
          reached += Number(isReached);
        },
      ),
      runs,
    );
    expect(reached).toBeGreaterThan(300);
  });
});
