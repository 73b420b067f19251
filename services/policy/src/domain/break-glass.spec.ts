import { peopleOf } from '@drawbridge/people';
import { specify } from '@drawbridge/testing';
import type { AccessEvent, AccessRequestInput, Principal } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import {
  agent,
  alice,
  at,
  bob,
  calm,
  dana,
  documentOf,
  grantId,
  issued,
  oncall,
  policySet,
  raisedStops,
  request,
  terms,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';
import type { Policy, PolicySet } from './policy-set.js';

const { given } = specify(accessGrant, at);
const erin: Principal = { ...dana, subject: 'erin', email: 'erin@corp.test', groups: ['security'] };
const breakGlass = {
  people: ['Alice@corp.test'],
  announce: ['C0INCIDENTS'],
  reviewGroups: ['security'],
  reviewWithinSeconds: 86_400,
};
/** Its subjects are agents; whoever may break the glass is named. */
const glass: Policy = { ...oncall, name: 'glass', breakGlass };
const people = peopleOf([alice, bob, dana, erin].map(documentOf), []);
const set = (policy: Partial<Policy> = {}): PolicySet => ({
  ...policySet(oncall, { ...glass, ...policy }),
  people,
});

const reason = 'checkout is down and nobody answers the pager';
/** Two minutes before it is asked. */
const proof = { issuer: alice.issuer, authTime: '2026-01-05T08:58:00.000Z' };
const asked = (
  by: Principal = alice,
  more: Partial<AccessRequestInput> = {},
  login: object = { proof },
): AccessEvent => ({
  type: 'AccessRequested',
  data: {
    requester: by,
    request: { ...request, reason, breakGlass: true, ...more },
    digest: 'd',
    ...login,
  },
});
const judge = (policies: PolicySet = set(), circumstances = calm()) =>
  ({ type: 'JudgeRequest', policies, circumstances }) as const;
const judged = (event: AccessEvent, policies?: PolicySet) => {
  const state = accessGrant.evolve(accessGrant.initial, event, at);
  return accessGrant.decide(judge(policies), state);
};
const codeOf = (event: AccessEvent | undefined) =>
  event?.type === 'AccessRequestDenied' ? event.data.code : event?.type;

const brokenTerms = {
  ...terms,
  reason,
  breakGlass: {
    announce: ['C0INCIDENTS'],
    tell: ['sre-oncall', 'security'],
    reviewGroups: ['security'],
    reviewWithinSeconds: 86_400,
  },
};

describe('breaking the glass', () => {
  it('takes no approver, and says in the terms who is told and who reviews it', () => {
    expect(judged(asked())).toMatchObject({
      type: 'AccessRequestValidated',
      data: {
        policy: { name: 'glass' },
        requester: alice,
        terms: brokenTerms,
        approval: { type: 'none' },
        risk: {
          level: 'high',
          reasons: expect.arrayContaining(['nobody approves it before']) as [],
        },
      },
    });
  });

  it('gives a grant at once, for which no group is needed', () => {
    const validated = judged(asked());
    const issue = { type: 'IssueGrant', grantId, policies: set(), circumstances: calm() } as const;
    const state = [asked(), validated].reduce(
      (folded, event) => (event === undefined ? folded : accessGrant.evolve(folded, event, at)),
      accessGrant.initial,
    );
    const event = accessGrant.decide(issue, state);
    expect(event).toMatchObject({
      type: 'GrantIssued',
      data: { grantee: alice, terms: brokenTerms, approvers: [] },
    });
    expect(event?.data).not.toHaveProperty('requiredGroups');
  });

  it.each<[string, AccessEvent]>([
    ['somebody who is not named', asked(bob, {}, { proof: { ...proof, issuer: bob.issuer } })],
    ['an agent', asked({ ...agent, email: 'alice@corp.test' })],
    ['an agent that has her subject', asked({ ...alice, kind: 'agent' })],
    ['a token that only has her address', asked({ ...bob, email: 'alice@corp.test' })],
    ['her subject at another issuer', asked({ ...alice, issuer: 'https://other.test' })],
  ])('is not for %s', (_, event) => {
    expect(codeOf(judged(event))).toBe('break_glass_not_allowed');
  });

  it('is for nobody where no policy says so, no Human is known, or her issuer is not meant', () => {
    const elsewhere = { subjects: { ...glass.subjects, issuers: ['https://other.test'] } };
    const sets = [
      set(elsewhere),
      policySet(glass),
      { ...policySet(oncall, { ...oncall, name: 'glass' }), people },
      set({ connections: { names: ['other'], environments: [] } }),
    ];
    for (const policies of sets)
      expect(codeOf(judged(asked(), policies))).toBe('break_glass_not_allowed');
  });

  it('does not make her who is named a subject of the policy', () => {
    const ordinary = { ...request, reason };
    const event: AccessEvent = {
      type: 'AccessRequested',
      data: { requester: alice, request: ordinary, digest: 'd' },
    };
    expect(codeOf(judged(event))).toBe('requester_not_covered');
  });

  it('keeps to what the policy allows, and wants a reason that says something', () => {
    expect(codeOf(judged(asked(alice, { reason: 'nineteen characters' })))).toBe(
      'reason_too_short',
    );
    expect(codeOf(judged(asked(alice, { reason: 'exactly 20 character' })))).toBe(
      'AccessRequestValidated',
    );
    expect(codeOf(judged(asked(alice, { durationSeconds: 901 })))).toBe('duration_too_long');
    const elsewhere = {
      action: 'rollout-restart',
      parameters: { namespace: 'billing', deployment: 'x' },
    };
    expect(codeOf(judged(asked(alice, { scope: elsewhere })))).toBe('namespace_not_allowed');
  });

  it.each<[string, object, string]>([
    ['none is known', {}, 'step_up_required'],
    [
      'another issuer says so',
      { proof: { ...proof, issuer: 'https://x.test' } },
      'step_up_required',
    ],
    ['it is old', { proof: { ...proof, authTime: '2026-01-05T08:54:59.000Z' } }, 'step_up_too_old'],
    [
      'it is to come',
      { proof: { ...proof, authTime: '2026-01-05T09:02:00.000Z' } },
      'step_up_too_old',
    ],
  ])('takes a login of just before, not when %s', (_, login, code) => {
    expect(judged(asked(alice, {}, login))).toMatchObject({
      type: 'AccessRequestDenied',
      data: { code, policy: { name: 'glass' }, stepUp: { maxAgeSeconds: 300 } },
    });
  });

  it('takes a login as strong as the policy wants one of approvers, whatever the risk', () => {
    const strong = set({ stepUp: { fromRisk: 'high', maxAgeSeconds: 60, amr: ['hwk'] } });
    expect(judged(asked(), strong)).toMatchObject({
      data: { code: 'step_up_too_old', stepUp: { maxAgeSeconds: 60, amr: ['hwk'] } },
    });
    const fresh = { ...proof, authTime: '2026-01-05T08:59:30.000Z' };
    expect(codeOf(judged(asked(alice, {}, { proof: fresh }), strong))).toBe('step_up_too_weak');
    const key = { ...fresh, amr: ['pwd', 'hwk'] };
    expect(codeOf(judged(asked(alice, {}, { proof: key }), strong))).toBe('AccessRequestValidated');
  });

  it('is for now and not for later', () => {
    const later = { startAt: '2026-01-05T10:00:00.000Z' };
    const starting = set({ start: { maxAheadSeconds: 86_400 } });
    expect(judged(asked(alice, later), starting)).toMatchObject({
      data: {
        code: 'break_glass_not_allowed',
        message: expect.stringContaining('for later') as '',
      },
    });
  });

  it('is not possible while the bridges are raised', () => {
    const circumstances = { ...calm(), stops: raisedStops() };
    const state = accessGrant.evolve(accessGrant.initial, asked(), at);
    expect(codeOf(accessGrant.decide(judge(set(), circumstances), state))).toBe('bridges_raised');
  });
});

describe('a grant that nobody approved', () => {
  const validated = judged(asked());
  const grant = issued({ grantee: alice, terms: brokenTerms, approvers: [] });
  const past = [asked(), ...(validated === undefined ? [] : [validated]), grant];
  const recheck = (policies: PolicySet, circumstances = calm()) =>
    ({ type: 'RecheckGrant', policies: { ...policies, version: 'two' }, circumstances }) as const;

  it('goes on while its policy names her', () =>
    given(...past)
      .when(recheck(set()))
      .thenNothing());

  it('ends when its policy does not name her any more', () =>
    given(...past)
      .when(recheck(set({ breakGlass: { ...breakGlass, people: ['bob@corp.test'] } })))
      .then({
        type: 'GrantRevoked',
        data: {
          grantId,
          reason: 'the policies changed: no policy lets you break the glass',
          cause: 'policy',
        },
      }));

  it('ends when the bridges are raised', () => {
    const state = past.reduce(
      (folded, event) => accessGrant.evolve(folded, event, at),
      accessGrant.initial,
    );
    const stopped = { ...calm('2026-01-05T09:01:00.000Z'), stops: raisedStops() };
    expect(accessGrant.decide(recheck(set(), stopped), state)).toMatchObject({
      type: 'GrantRevoked',
      data: { cause: 'stop' },
    });
  });
});
