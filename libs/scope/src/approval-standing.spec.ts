import { describe, expect, it } from 'vitest';
import { StepsRequirement, type Principal, type Rule } from '@drawbridge/contracts';
import { beginStanding, continueStanding, whyNotCounted } from './approval-standing.js';
import type { ApprovalFact, FactOf, Parties, Standing } from './step-approval.js';
import { dueSteps } from './step-deadlines.js';
import { partyRefusal } from './step-eligibility.js';
import { missingOf, openSteps, outcomeOf } from './step-progress.js';

const issuer = 'https://idp.corp.test';
const human = (name: string, ...groups: string[]): Principal => ({
  kind: 'human',
  issuer,
  subject: `human-${name}`,
  email: `${name}@corp.test`,
  groups,
});
const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['sre'],
  owner: 'dana@corp.test',
};
const [alice, bob, carol] = [
  human('alice', 'sre'),
  human('bob', 'sre', 'lead'),
  human('carol', 'lead'),
];
const dana = human('dana', 'sre', 'lead', 'admins');
const parties: Parties = { requester: agent, sponsor: 'sam@corp.test', onBehalfOf: human('erin') };

const rule: Rule = {
  verbs: ['get', 'patch'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  namespaces: ['payments'],
};
const terms = { rules: [rule], durationSeconds: 900 };
const minute = (minutes: number) => new Date(Date.UTC(2026, 0, 5, 9, minutes)).toISOString();
const at = minute(0);

const requirement = (more: Partial<StepsRequirement> = {}): StepsRequirement => ({
  type: 'steps',
  order: 'parallel',
  steps: [
    { type: 'humans', name: 'on-call', count: 1, groups: ['sre'] },
    { type: 'humans', name: 'leads', count: 1, groups: ['lead'] },
  ],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
  ...more,
});
const asked = (more?: Partial<StepsRequirement>): Standing =>
  beginStanding({ requirement: requirement(more), parties, terms, ticket: 'OPS-42', at });
const play = (standing: Standing, ...facts: ApprovalFact[]) =>
  facts.reduce(continueStanding, standing);
const given = (approver: Principal, more: Partial<FactOf<'given'>> = {}): FactOf<'given'> => ({
  type: 'given',
  approver,
  at: minute(1),
  seen: 0,
  ...more,
});
const denied = (approver: Principal): ApprovalFact => ({ type: 'denied', approver, at: minute(1) });
const voided = (approver: Principal): ApprovalFact => ({ type: 'voided', approver, at: minute(2) });
const ticket = (
  decision: 'approved' | 'denied',
  more: Partial<FactOf<'ticket'>> = {},
): ApprovalFact => ({
  type: 'ticket',
  step: 'change',
  webhook: 'jira',
  ticket: 'OPS-42',
  decision,
  seen: 0,
  at: minute(1),
  ...more,
});
const sequential = { order: 'sequential' } as const;

describe('steps that are asked at once', () => {
  it('are approved by different humans, whoever comes first', () => {
    expect(outcomeOf(play(asked(), given(bob), given(alice)))).toBe('approved');
    expect(outcomeOf(play(asked(), given(alice), given(bob)))).toBe('approved');
  });

  it('are not approved by one human who is in both groups', () => {
    const standing = play(asked(), given(bob));
    expect(outcomeOf(standing)).toBe('open');
    expect(whyNotCounted(standing, given(bob))).toBe('already_approved');
    const twin = { ...bob, subject: 'bob.admin', email: 'BOB@corp.test' };
    expect(whyNotCounted(standing, given(twin))).toBe('already_approved');
  });

  it('take nobody who is not needed, and take them once somebody is gone', () => {
    const full = play(asked(), given(alice), given(carol));
    expect(whyNotCounted(full, given(bob))).toBe('request_not_pending');
    const half = play(asked(), given(alice));
    expect(whyNotCounted(half, given(human('ann', 'sre')))).toBe('seat_not_needed');
    expect(outcomeOf(play(full, voided(alice)))).toBe('open');
    expect(outcomeOf(play(full, voided(alice), given(bob)))).toBe('approved');
  });
});

describe('steps in a sequence', () => {
  const inTurn = asked(sequential);

  it('are asked one after the other', () => {
    expect(openSteps(inTurn).map(({ step }) => step.name)).toStrictEqual(['on-call']);
    expect(whyNotCounted(inTurn, given(carol, { step: 'leads' }))).toBe('step_not_open');
    const second = play(inTurn, given(alice, { step: 'on-call' }));
    expect(openSteps(second)).toMatchObject([{ step: { name: 'leads' }, askedAt: minute(1) }]);
    expect(outcomeOf(play(second, given(carol, { step: 'leads' })))).toBe('approved');
  });

  it('count an approval for the step it names only, and a human in one step only', () => {
    expect(whyNotCounted(inTurn, given(alice))).toBe('step_not_open');
    const second = play(inTurn, given(bob, { step: 'on-call' }));
    expect(whyNotCounted(second, given(bob, { step: 'leads' }))).toBe('already_approved');
  });

  it('open again when somebody is gone, and keep what came later', () => {
    const whole = play(inTurn, given(alice, { step: 'on-call' }), given(carol, { step: 'leads' }));
    const again = play(whole, voided(alice));
    expect(missingOf(again)).toStrictEqual({ 'on-call': 1, leads: 0 });
    expect(outcomeOf(play(again, given(bob, { step: 'on-call' })))).toBe('approved');
  });
});

describe('who has no say', () => {
  it.each([
    {
      who: 'the agent, even called a human',
      code: 'self_approval',
      approver: { ...agent, kind: 'human' as const },
    },
    { who: 'an agent', code: 'approver_not_human', approver: { ...alice, kind: 'agent' as const } },
    { who: 'its owner, administrator or not', code: 'owner_approval', approver: dana },
    { who: 'its sponsor', code: 'sponsor_approval', approver: human('sam', 'sre') },
    { who: 'for whom it asks', code: 'behalf_approval', approver: human('erin', 'sre') },
    {
      who: 'for whom it asks, with an account that tells the address as its subject only',
      code: 'behalf_approval',
      approver: { kind: 'human' as const, issuer: 'x', subject: 'Erin@corp.test', groups: ['sre'] },
    },
    {
      who: 'somebody of other groups',
      code: 'approver_not_in_group',
      approver: human('zoe', 'developers'),
    },
    {
      who: 'somebody without an address who could be the sponsor',
      code: 'approver_email_unknown',
      approver: { kind: 'human' as const, issuer, subject: 'x', groups: ['sre'] },
    },
  ])('$who, to approve or to deny', ({ code, approver }) => {
    expect(whyNotCounted(asked(), given(approver))).toBe(code);
    expect(whyNotCounted(asked(), denied(approver))).toBe(code);
    expect(play(asked(), given(approver), denied(approver))).toStrictEqual(asked());
  });
});

describe('a no', () => {
  it('ends it, also over a quorum', () => {
    expect(outcomeOf(play(asked(), denied(carol)))).toBe('denied');
    expect(outcomeOf(play(asked(), given(alice), given(carol), denied(bob)))).toBe('denied');
  });

  it('is for ever', () => {
    const over = play(asked(), denied(carol));
    expect(play(over, given(alice), given(bob), voided(carol))).toStrictEqual(over);
  });

  it('needs as many humans as the threshold says, and takes back the yes of who says it', () => {
    const two = asked({ denyThreshold: 2 });
    const one = play(two, given(bob), given(alice), denied(bob), denied(bob));
    expect(outcomeOf(one)).toBe('open');
    expect(missingOf(one)).toStrictEqual({ 'on-call': 0, leads: 1 });
    expect(whyNotCounted(one, given(bob))).toBe('already_denied');
    expect(outcomeOf(play(one, denied(carol)))).toBe('denied');
  });
});

describe('narrowing', () => {
  const narrowed = { ...rule, verbs: ['get'] };

  it('takes away, and the next approver has to look again', () => {
    const standing = play(
      asked(),
      given(alice, { narrow: { durationSeconds: 300, rules: [narrowed] } }),
    );
    expect(standing.terms).toStrictEqual({ rules: [narrowed], durationSeconds: 300 });
    expect(whyNotCounted(standing, given(bob))).toBe('terms_changed');
    expect(outcomeOf(play(standing, given(bob, { seen: 1 })))).toBe('approved');
  });

  it.each([
    { what: 'longer', narrow: { durationSeconds: 901 } },
    { what: 'no time at all', narrow: { durationSeconds: 0 } },
    { what: 'no number', narrow: { durationSeconds: Number.NaN } },
    { what: 'another verb', narrow: { rules: [{ ...rule, verbs: ['delete'] }] } },
    { what: 'nothing left', narrow: { rules: [] } },
  ])('never widens: $what', ({ narrow }) => {
    expect(whyNotCounted(asked(), given(alice, { narrow }))).toBe('narrowing_widens');
    expect(play(asked(), given(alice, { narrow }))).toStrictEqual(asked());
  });

  it('stays when who narrowed is gone', () => {
    const standing = play(
      asked(),
      given(alice, { narrow: { durationSeconds: 300 } }),
      voided(alice),
    );
    expect(standing).toMatchObject({
      approvals: [],
      terms: { durationSeconds: 300 },
      termsVersion: 1,
    });
  });
});

describe('a ticket system', () => {
  const steps: StepsRequirement['steps'] = [
    { type: 'humans', name: 'on-call', count: 1, groups: ['sre'] },
    { type: 'ticket', name: 'change', webhook: 'jira' },
  ];

  it('is a step beside the humans, never one of them', () => {
    expect(outcomeOf(play(asked({ steps }), ticket('approved')))).toBe('open');
    expect(outcomeOf(play(asked({ steps }), given(alice)))).toBe('open');
    expect(outcomeOf(play(asked({ steps }), ticket('approved'), given(alice)))).toBe('approved');
  });

  it('has to have seen the terms to say yes; its no counts always', () => {
    const standing = play(asked({ steps }), given(alice, { narrow: { durationSeconds: 60 } }));
    expect(whyNotCounted(standing, ticket('approved'))).toBe('terms_changed');
    expect(outcomeOf(play(asked({ steps, denyThreshold: 3 }), ticket('denied', { seen: 7 })))).toBe(
      'denied',
    );
  });

  it('has a say in its own step alone, and by the ticket of the request', () => {
    const standing = asked({ steps });
    const decisions = ['approved', 'denied'] as const;
    for (const decision of decisions) {
      expect(whyNotCounted(standing, ticket(decision, { webhook: 'snow' }))).toBe('step_not_open');
      expect(whyNotCounted(standing, ticket(decision, { step: 'on-call' }))).toBe('step_not_open');
      expect(whyNotCounted(standing, ticket(decision, { ticket: 'OPS-43' }))).toBe('ticket_wrong');
    }
    const { requirement: wanted, terms: fixed } = standing.asked;
    const without = beginStanding({ requirement: wanted, parties, terms: fixed, at });
    expect(whyNotCounted(without, ticket('approved'))).toBe('ticket_wrong');
  });

  it('waits in a sequence until it is asked, and says yes once', () => {
    const standing = asked({ steps, ...sequential });
    expect(whyNotCounted(standing, ticket('approved'))).toBe('step_not_open');
    const after = play(standing, given(alice, { step: 'on-call' }));
    expect(outcomeOf(play(after, ticket('approved')))).toBe('approved');
    expect(whyNotCounted(play(after, ticket('approved')), ticket('approved'))).toBe(
      'already_approved',
    );
    expect(outcomeOf(play(after, ticket('approved'), ticket('denied')))).toBe('denied');
  });

  it('cannot be the only step', () => {
    const only = requirement({ steps: steps.slice(1) });
    expect(StepsRequirement.safeParse(only).success).toBe(false);
    expect(StepsRequirement.safeParse(requirement({ steps: [...steps, ...steps] })).success).toBe(
      false,
    );
    expect(StepsRequirement.safeParse(requirement({ steps })).success).toBe(true);
  });
});

describe('a fresh login', () => {
  const stepUp = { maxAgeSeconds: 300, acr: ['phr'], amr: ['hwk'] };
  const proof = { issuer, authTime: minute(0), acr: 'phr' };
  it.each([
    { what: 'no proof', more: {}, code: 'step_up_required' },
    {
      what: 'one that is too old',
      more: { proof: { ...proof, authTime: minute(-5) } },
      code: 'step_up_too_old',
    },
    {
      what: 'one of tomorrow',
      more: { proof: { ...proof, authTime: minute(60) } },
      code: 'step_up_too_old',
    },
    {
      what: 'one of another issuer',
      more: { proof: { ...proof, issuer: 'https://evil.test' } },
      code: 'step_up_required',
    },
    { what: 'no instant', more: { proof: { ...proof, authTime: 'now' } }, code: 'step_up_too_old' },
    {
      what: 'a password',
      more: { proof: { ...proof, acr: 'pwd', amr: ['pwd'] } },
      code: 'step_up_too_weak',
    },
    { what: 'the class that is wanted', more: { proof }, code: undefined },
    {
      what: 'a method that is wanted',
      more: { proof: { ...proof, acr: 'pwd', amr: ['pwd', 'hwk'] } },
      code: undefined,
    },
  ])('is asked for: $what', ({ more, code }) => {
    expect(whyNotCounted(asked({ stepUp }), given(alice, more))).toBe(code);
  });
});

describe('time', () => {
  const steps: StepsRequirement['steps'] = [
    {
      type: 'humans',
      name: 'on-call',
      count: 1,
      groups: ['sre'],
      remindAfterSeconds: 300,
      escalate: [
        { afterSeconds: 600, groups: ['lead'] },
        { afterSeconds: 1200, groups: ['boss'] },
      ],
    },
  ];
  const escalated = (level: number, when: number): ApprovalFact => ({
    type: 'escalated',
    step: 'on-call',
    level,
    at: minute(when),
  });

  it('says what is due, the same for everybody who knows the history', () => {
    expect(dueSteps(asked({ steps }), minute(1))).toStrictEqual([
      { type: 'reminded', step: 'on-call', count: 1, at: minute(5) },
      { type: 'escalated', step: 'on-call', level: 0, at: minute(10) },
    ]);
    expect(dueSteps(asked({ steps }), minute(17))).toContainEqual({
      type: 'reminded',
      step: 'on-call',
      count: 3,
      at: minute(15),
    });
    const reminded = play(asked({ steps }), {
      type: 'reminded',
      step: 'on-call',
      count: 5,
      at: minute(25),
    });
    expect(dueSteps(reminded, minute(50)).map(({ type }) => type)).toStrictEqual(['escalated']);
    expect(dueSteps(play(asked({ steps }), given(alice)), minute(50))).toStrictEqual([]);
  });

  it('opens a step to further groups, one level after the other and not before their time', () => {
    expect(whyNotCounted(asked({ steps }), given(carol))).toBe('approver_not_in_group');
    expect(whyNotCounted(asked({ steps }), escalated(0, 9))).toBe('too_early');
    expect(whyNotCounted(asked({ steps }), escalated(1, 30))).toBe('step_not_open');
    const standing = play(asked({ steps }), escalated(0, 10), escalated(0, 11));
    expect(outcomeOf(play(standing, given(carol)))).toBe('approved');
    expect(outcomeOf(play(standing, given(human('ben', 'boss'))))).toBe('open');
    expect(play(standing, escalated(1, 20), escalated(2, 99)).steps).toMatchObject([
      { level: 2, escalatedAt: [minute(10), minute(20)] },
    ]);
  });

  it('a reminder counts once and in its time', () => {
    const remind = (count: number, when: number): ApprovalFact => ({
      type: 'reminded',
      step: 'on-call',
      count,
      at: minute(when),
    });
    expect(whyNotCounted(asked({ steps }), remind(1, 4))).toBe('too_early');
    expect(whyNotCounted(asked({ steps }), remind(6, 99))).toBe('step_not_open');
    expect(whyNotCounted(play(asked({ steps }), remind(2, 10)), remind(2, 10))).toBe(
      'step_not_open',
    );
  });
});

describe('for whom it asks', () => {
  const account = (issuer: string, subject: string, email?: string): Principal => ({
    kind: 'human',
    issuer,
    subject,
    groups: ['sre'],
    ...(email !== undefined && { email }),
  });
  const refusalOf = (onBehalfOf: Principal, approver: Principal) => {
    const requirement = asked().asked.requirement;
    const requester = { ...agent, owner: 'somebody' };
    return partyRefusal(approver, { requester, onBehalfOf }, requirement.excludeOwner);
  };
  const mail = 'erin@corp.test';

  it.each([
    ['behalf_approval', account('one', mail), account('two', '7', mail)],
    ['behalf_approval', account('one', mail), account('two', mail)],
    ['behalf_approval', account('one', '5', mail), account('two', mail)],
    ['approver_email_unknown', account('one', '5', mail), account('two', '7')],
    ['approver_email_unknown', account('one', mail), account('two', '7')],
    [undefined, account('one', '5', mail), account('two', '7', 'bob@corp.test')],
    [undefined, account('one', '5'), account('two', '7', 'bob@corp.test')],
  ])('is %s where it is %j and approves %j', (code, onBehalfOf, approver) => {
    expect(refusalOf(onBehalfOf, approver)).toBe(code);
  });
});
