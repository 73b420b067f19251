import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { AccessEvent, type AccessEventData } from '@drawbridge/contracts';
import { specify } from '@drawbridge/testing';
import { z } from 'zod';
import {
  agent,
  alice,
  approved,
  at,
  bob,
  calm,
  carol,
  dana,
  given as yes,
  grantId,
  oncall,
  oneHuman,
  policySet,
  refusedBy,
  requested,
  terms,
  twoSteps,
  validated,
  voidedOf,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';
import type { PolicySet } from './policy-set.js';

const { given } = specify(accessGrant);
const set = (approval = twoSteps()) => policySet({ ...oncall, approval });
const issue = (policies = set()) =>
  ({ type: 'IssueGrant', grantId, policies, circumstances: calm() }) as const;
const asked = (more: Parameters<typeof twoSteps>[0] = {}) => [
  requested(),
  validated({ approval: twoSteps(more) }),
];
const onCall = { seen: 0, step: 'on-call' };
const lead = { seen: 0, step: 'lead' };
const grantOf = (...past: readonly AccessEvent[]) => {
  const state = past.reduce(
    (folded, event) => accessGrant.evolve(folded, event),
    accessGrant.initial,
  );
  const event = accessGrant.decide(issue(), state);
  return event?.type === 'GrantIssued' ? event.data : event?.data;
};
const denialOf = (...past: readonly AccessEvent[]) =>
  (grantOf(...past) as Partial<AccessEventData<'AccessRequestDenied'>> | undefined)?.code;

describe('a step that further groups were asked about', () => {
  const step = (groups: string[]) => ({
    type: 'humans' as const,
    name: 'on-call',
    count: 1,
    groups,
    escalate: [{ afterSeconds: 600, groups: ['sre-leads'] }],
  });
  const approval = twoSteps({ steps: [step(['sre-oncall'])] });
  const told = { type: 'ApprovalEscalated', data: { step: 'on-call', level: 0 } } as const;
  /** Asked at 9:00; each event at its minute. */
  const decided = (policies: PolicySet, ...events: (readonly [AccessEvent, string])[]) => {
    const past = [[requested(), at], [validated({ approval }), at], ...events] as const;
    const state = past.reduce(
      (folded, [event, when]) => accessGrant.evolve(folded, event, when),
      accessGrant.initial,
    );
    return accessGrant.decide(issue(policies), state)?.type;
  };
  const late = '2026-01-05T09:10:00.000Z';
  const early = '2026-01-05T09:09:59.999Z';

  it('is decided by them, from then on', () => {
    const yesOfLead = [yes(carol, onCall), late] as const;
    const policies = set(approval);
    expect(decided(policies, [told, late], yesOfLead, [approved(carol), late])).toBe('GrantIssued');
    expect(decided(policies, yesOfLead, [told, late], [approved(carol), late])).toBe(
      'AccessRequestDenied',
    );
    // Told by a service whose clock nobody can believe.
    expect(decided(policies, [told, early], yesOfLead, [approved(carol), late])).toBe(
      'AccessRequestDenied',
    );
  });

  it('is held against another version of the policies with them too', () => {
    const events = [
      [told, late],
      [yes(carol, onCall), late],
      [approved(carol), late],
    ] as const;
    const other = { ...set(approval), version: 'version-two' };
    expect(decided(other, ...events)).toBe('GrantIssued');
    const steps = [
      { ...step(['sre-oncall']), escalate: [{ afterSeconds: 900, groups: ['sre-leads'] }] },
    ];
    expect(decided({ ...set(twoSteps({ steps })), version: 'version-two' }, ...events)).toBe(
      'AccessRequestDenied',
    );
  });
});

describe('a step that a ticket system decides', () => {
  const approval = twoSteps({
    steps: [
      { type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] },
      { type: 'ticket', name: 'change', webhook: 'jira' },
    ],
  });
  const ticket = terms.ticket ?? 'INC-1';
  const fixed = { ...terms, ticket };
  const says = (more: Partial<AccessEventData<'TicketDecided'>> = {}): AccessEvent => ({
    type: 'TicketDecided',
    data: {
      ...{ step: 'change', webhook: 'jira', ticket, callbackId: 'msg_1', seen: 0 },
      decision: 'approved',
      ...more,
    },
  });
  const decided = (policies: PolicySet, ...events: readonly AccessEvent[]) => {
    const past = [requested({ ticket }), validated({ approval, terms: fixed }), ...events];
    const state = past.reduce(
      (folded, event) => accessGrant.evolve(folded, event, at),
      accessGrant.initial,
    );
    return accessGrant.decide(issue(policies), state);
  };
  const human = yes(alice, onCall);
  const done = approved(alice);

  it('is counted again from the history', () => {
    const policies = set(approval);
    expect(decided(policies, human, says(), done)).toMatchObject({
      type: 'GrantIssued',
      data: { approvers: [alice], terms: { ticket } },
    });
    expect(decided(policies, human, done)).toMatchObject({
      data: { code: 'approval_incomplete' },
    });
    expect(decided(policies, says(), done)?.type).toBe('AccessRequestDenied');
  });

  it.each([
    ['of another ticket system', { webhook: 'snow' }],
    ['about another ticket', { ticket: 'INC-0' }],
    ['for the step of humans', { step: 'on-call' }],
    ['about other terms', { seen: 1 }],
    ['that is a no', { decision: 'denied' as const }],
  ])('is not filled by a word %s, whoever says that it was approved', (_, more) =>
    expect(decided(set(approval), human, says(more), done)?.type).toBe('AccessRequestDenied'),
  );

  it('is over with a no behind a yes', () =>
    expect(decided(set(approval), human, says(), says({ decision: 'denied' }), done)?.type).toBe(
      'AccessRequestDenied',
    ));

  it('is held against another version of the policies', () => {
    const version = 'version-two';
    expect(decided({ ...set(approval), version }, human, says(), done)?.type).toBe('GrantIssued');
    const another = twoSteps({
      steps: [approval.steps[0]!, { type: 'ticket', name: 'change', webhook: 'snow' }],
    });
    expect(decided({ ...set(another), version }, human, says(), done)).toMatchObject({
      data: { code: 'policy_changed' },
    });
    // Whoever asks no ticket system any more is content without one.
    const humans = twoSteps({ steps: [approval.steps[0]!] });
    expect(decided({ ...set(humans), version }, human, says(), done)?.type).toBe('GrantIssued');
  });
});

describe('a grant that is asked in steps', () => {
  it('is issued when every step has its humans', () =>
    expect(
      grantOf(...asked(), yes(alice, onCall), yes(carol, lead), approved(alice, carol)),
    ).toMatchObject({ grantId, terms, approvers: [alice, carol] }));

  /** What becomes of it when alice approved with this login, under policies that want another kind. */
  const withLogin = (login: object | undefined, acr: string[], version = '1') => {
    const wanted = { maxAgeSeconds: 300, acr: ['phr'] };
    const proof = { issuer: alice.issuer, authTime: at, acr: 'phr' };
    const past = [
      ...asked({ stepUp: wanted }),
      yes(alice, { ...onCall, ...(login && { proof: { ...proof, ...login } }) }),
      yes(carol, { ...lead, proof }),
      approved(alice, carol),
    ];
    const state = past.reduce(
      (folded, event) => accessGrant.evolve(folded, event, at),
      accessGrant.initial,
    );
    const stepUp = { fromRisk: 'low', ...wanted, acr } as const;
    const policies = policySet({ ...oncall, approval: twoSteps(), stepUp });
    return accessGrant.decide(issue({ ...policies, version }), state);
  };

  it.each([
    ['no login', undefined],
    ['an old login', { authTime: '2000-01-01T00:00:00.000Z' }],
    ['a weak login', { acr: 'pwd' }],
    ['a login at another issuer', { issuer: 'https://evil.test' }],
  ])('counts approvals again that want a fresh login: not with %s', (_what, login) =>
    expect(withLogin(login, ['phr'])).toMatchObject({ data: { code: 'approval_incomplete' } }),
  );

  it('is issued by policies for which the logins would do, whatever changed in them', () => {
    expect(withLogin({}, ['phr'])?.type).toBe('GrantIssued');
    expect(withLogin({}, ['phr', 'other'], 'another')?.type).toBe('GrantIssued');
    expect(withLogin({}, ['phrh'], 'another')).toMatchObject({ data: { code: 'policy_changed' } });
  });

  it('waits until it is reported as approved', () =>
    given(...asked(), yes(alice, onCall), yes(carol, lead))
      .when(issue())
      .thenNothing());

  it.each([
    { why: 'nobody approved', past: [] },
    { why: 'a step is missing', past: [yes(alice, onCall)] },
    { why: 'the wrong human', past: [yes(alice, onCall), yes(bob, lead)] },
    { why: 'the owner', past: [yes(dana, onCall), yes(carol, lead)] },
    {
      why: 'the agent',
      past: [yes({ ...agent, groups: ['sre-oncall'] }, onCall), yes(carol, lead)],
    },
    { why: 'out of turn', past: [yes(carol, lead), yes(alice, onCall)] },
    {
      why: 'one human twice',
      past: [yes(alice, onCall), yes({ ...alice, groups: ['sre-leads'], subject: 'a2' }, lead)],
    },
    { why: 'a no', past: [yes(alice, onCall), refusedBy(bob), yes(carol, lead)] },
    {
      why: 'terms that nobody was shown',
      past: [yes(alice, { ...onCall, narrow: { durationSeconds: 300 } }), yes(carol, lead)],
    },
    {
      why: 'a narrowing that widens',
      past: [yes(alice, { ...onCall, narrow: { durationSeconds: 901 } }), yes(carol, lead)],
    },
    { why: 'a yes taken back', past: [yes(alice, onCall), yes(carol, lead), voidedOf(carol)] },
  ])('is denied whoever says it is approved: $why', ({ past }) =>
    expect(denialOf(...asked(), ...past, approved(alice, carol))).toBe('approval_incomplete'),
  );

  it('is not opened by a yes that is taken back after the approval', () =>
    expect(
      denialOf(
        ...asked(),
        yes(alice, onCall),
        yes(carol, lead),
        approved(alice, carol),
        voidedOf(alice),
      ),
    ).toBe('approval_incomplete'));

  it('needs as many noes as the requirement says', () => {
    const past = [...asked({ denyThreshold: 2 }), yes(alice, onCall), refusedBy(bob)];
    expect(grantOf(...past, yes(carol, lead), approved(alice))).toMatchObject({ grantId });
    expect(denialOf(...past, refusedBy(carol), approved(alice))).toBe('approval_incomplete');
  });

  it('is of the terms as they were narrowed', () => {
    const [rule] = terms.rules;
    const narrow = { durationSeconds: 300, rules: [{ ...rule!, verbs: ['get'] }] };
    expect(
      grantOf(
        ...asked(),
        yes(alice, { ...onCall, narrow }),
        yes(carol, { ...lead, seen: 1 }),
        approved(alice, carol),
      ),
    ).toMatchObject({ terms: { ...terms, ...narrow }, endsAt: '2026-01-05T09:05:00.000Z' });
  });

  it('does not narrow what is not asked in steps', () => {
    const narrow = { durationSeconds: 300 };
    const past = [requested(), validated(), yes(alice, { narrow }), approved(alice)];
    expect(denialOf(...past)).toBe('approval_incomplete');
  });
});

describe('a grant under other policies than those of its approval', () => {
  const granted = [
    ...asked(),
    yes(alice, { ...onCall, narrow: { durationSeconds: 600 } }),
    yes(carol, { ...lead, seen: 1, narrow: { durationSeconds: 300 } }),
    approved(alice, carol),
  ];
  const under = (approval: Parameters<typeof set>[0]) => ({
    ...set(approval),
    version: 'version-two',
  });

  it('is issued where the same people are enough', () => {
    for (const approval of [twoSteps(), twoSteps({ order: 'parallel' })])
      given(...granted)
        .when(issue(under(approval)))
        .then(expect.objectContaining({ type: 'GrantIssued' }) as AccessEvent);
    const humans = { ...policySet({ ...oncall, approval: oneHuman }), version: 'version-two' };
    given(...granted)
      .when(issue(humans))
      .then(expect.objectContaining({ type: 'GrantIssued' }) as AccessEvent);
  });

  it('is denied where one no is enough now', () => {
    const past = [
      ...asked({ denyThreshold: 2 }),
      yes(alice, onCall),
      refusedBy(bob),
      yes(carol, lead),
      approved(alice, carol),
    ];
    given(...past)
      .when(issue(under(twoSteps({ denyThreshold: 2 }))))
      .then(expect.objectContaining({ type: 'GrantIssued' }) as AccessEvent);
    given(...past)
      .when(issue(under(twoSteps())))
      .then(expect.objectContaining({ type: 'AccessRequestDenied' }) as AccessEvent);
  });

  it('is denied where a step is new', () =>
    given(...granted)
      .when(
        issue(
          under(
            twoSteps({
              steps: [{ type: 'humans', name: 'lead', count: 2, groups: ['sre-leads'] }],
            }),
          ),
        ),
      )
      .then(expect.objectContaining({ type: 'AccessRequestDenied' }) as AccessEvent));
});

describe('a history of before there were steps', () => {
  const Line = z.object({ aggregateId: z.string(), type: z.string(), data: z.unknown() });
  const samples = new URL(
    '../../../../libs/contracts/samples/access-events-v1.jsonl',
    import.meta.url,
  );
  const lines = readFileSync(samples, 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => Line.parse(JSON.parse(line)));
  const [first] = lines;
  const history = lines
    .filter(({ aggregateId }) => aggregateId === first?.aggregateId)
    .map(({ type, data }) => AccessEvent.parse({ type, data }));
  const issuedAt = history.findIndex(({ type }) => type === 'GrantIssued');

  it('is issued as before', () => {
    const before = history.slice(0, issuedAt);
    const state = before.reduce(
      (folded, event) => accessGrant.evolve(folded, event),
      accessGrant.initial,
    );
    const stored = history[issuedAt];
    if (state.status !== 'pending' || stored?.type !== 'GrantIssued') throw new Error('no grant');
    const policies = { ...policySet(), version: state.policy.version };
    const event = accessGrant.decide({ ...issue(policies), grantId: stored.data.grantId }, state);
    expect(event?.data).toMatchObject({
      grantId: stored.data.grantId,
      terms: stored.data.terms,
      approvers: stored.data.approvers,
    });
  });
});
