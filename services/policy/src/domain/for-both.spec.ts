import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type {
  AccessEvent,
  ApprovalRequirement,
  Behalf,
  Principal,
  ResourceAttributes,
  Rule,
} from '@drawbridge/contracts';
import { peopleOf } from '@drawbridge/people';
import { allows, cutToNamespaces } from '@drawbridge/scope';
import {
  agent,
  alice,
  bob,
  calm,
  carol,
  dana,
  documentOf,
  oncall,
  oneHuman,
  policySet,
  request,
  requested,
  twoSteps,
} from '../../test/story.js';
import { accessGrant } from './access-grant.js';
import { judge, type Verdict } from './judge.js';
import type { Policy, PolicySet } from './policy-set.js';

/** All there is: every word that rules can name, and one of each that they cannot. */
const world = {
  verbs: ['get', 'patch', 'delete'],
  apiGroups: ['', 'apps'],
  resources: ['pods', 'deployments', 'pods/log', 'deployments/scale'],
  namespaces: ['a', 'b', 'c'],
  names: ['', 'x', 'y', 'z'],
};
const calls: readonly ResourceAttributes[] = world.verbs.flatMap((verb) =>
  world.apiGroups.flatMap((apiGroup) =>
    world.resources.flatMap((path) => {
      const [resource = '', subresource = ''] = path.split('/');
      const what = { verb, apiGroup, resource, subresource };
      return world.namespaces.flatMap((namespace) =>
        world.names.map((name) => ({ ...what, namespace, name })),
      );
    }),
  ),
);
const some = (words: readonly string[]) =>
  fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 });
const anyRule: fc.Arbitrary<Rule> = fc.record(
  {
    verbs: some(['*', 'get', 'patch']),
    apiGroups: some(['*', '', 'apps']),
    resources: some(['*', 'pods', 'deployments', 'pods/log', '*/scale']),
    namespaces: some(['*', 'a', 'b']),
    resourceNames: some(['x', 'y']),
  },
  { requiredKeys: ['verbs', 'apiGroups', 'resources', 'namespaces'] },
);
const anyRules = fc.array(anyRule, { minLength: 1, maxLength: 3 });
const anyTime = fc.constantFrom(60, 300, 600, 900);
const anyPlaces = fc.constantFrom(['*'], ['a'], ['b'], ['a', 'b']);
const anyLimit = fc.constantFrom(undefined, 2, 5, 9);

const nobody: ApprovalRequirement = { type: 'none' };
const base: Policy = {
  ...oncall,
  name: 'agents',
  whenTooWide: 'cut',
  ticket: { required: false },
  approval: nobody,
};
const ofAgent: Policy = { ...base, onBehalfOf: { proof: 'required' } };
const ofHuman: Policy = {
  ...base,
  name: 'humans',
  subjects: { groups: ['sre-oncall'], kinds: ['human'] },
};
const shown: Behalf = { human: alice, proof: 'token' };
const claimed: Behalf = { human: { ...alice, groups: [] }, proof: 'none' };
const judged = (set: PolicySet, behalf: Behalf | 'itself' = shown, more = {}): Verdict => {
  const plea = { request: { ...request, ...more }, requester: agent };
  return judge(behalf === 'itself' ? plea : { ...plea, behalf }, set, calm());
};
const denialOf = (verdict: Verdict) => ('denial' in verdict ? verdict.denial : undefined);
const termsOf = (verdict: Verdict) =>
  'validated' in verdict ? verdict.validated.terms : undefined;

interface Limited {
  readonly rules: Rule[];
  readonly time: number;
  readonly places: readonly string[];
  readonly maxCalls: number | undefined;
}
const anyPolicy: fc.Arbitrary<Limited> = fc.record({
  rules: anyRules,
  time: anyTime,
  places: anyPlaces,
  maxCalls: anyLimit,
});
const anyAsked = fc.record({
  part: fc.option(anyRules, { nil: undefined, freq: 1 }),
  asked: anyTime,
});
const limitedBy = (policy: Policy, { rules, time, places, maxCalls }: Limited): Policy => ({
  ...policy,
  rules,
  namespaces: places,
  maxDurationSeconds: time,
  ...(maxCalls !== undefined && { limits: { require: [], maxCalls } }),
});

describe('what is asked on behalf of a human', () => {
  it('is exactly what both may have, in a small world', () => {
    let [met, less, refused] = [0, 0, 0];
    fc.assert(
      fc.property(anyPolicy, anyPolicy, anyAsked, (own, theirs, { part, asked }) => {
        // Mostly all that the agent may have: anything else is denied to it alone already.
        const rules = part ?? own.rules;
        const set = policySet(limitedBy(ofAgent, own), limitedBy(ofHuman, theirs));
        const more = { scope: { rules }, durationSeconds: asked };
        const alone = termsOf(judged(set, 'itself', more));
        const verdict = judged(set, shown, more);
        const both = termsOf(verdict);
        if (alone === undefined) {
          expect(denialOf(verdict)).toBeDefined();
          return;
        }
        const limit = cutToNamespaces(theirs.rules, theirs.places);
        const isForBoth = (call: ResourceAttributes) =>
          allows(alone.rules, call) && allows(limit, call);
        if (both === undefined) {
          refused += 1;
          expect(denialOf(verdict)?.code).toBe('behalf_not_allowed');
          expect(calls.some(isForBoth)).toBe(false);
          return;
        }
        met += 1;
        if (calls.some((call) => allows(alone.rules, call) && !isForBoth(call))) less += 1;
        for (const call of calls) expect(allows(both.rules, call)).toBe(isForBoth(call));
        expect(both.durationSeconds).toBe(Math.min(own.time, theirs.time, asked));
        const limits = [own.maxCalls, theirs.maxCalls].filter((count) => count !== undefined);
        const least = limits.length === 0 ? undefined : Math.min(...limits);
        expect(both.limits?.maxCalls).toBe(least);
      }),
      { numRuns: 400 },
    );
    expect(met).toBeGreaterThan(30);
    expect(less).toBeGreaterThan(10);
    expect(refused).toBeGreaterThan(10);
  });

  it('says what the human has less of', () => {
    const verdict = judged(policySet(ofAgent, { ...ofHuman, maxDurationSeconds: 300 }));
    expect(verdict).toMatchObject({
      validated: {
        policy: { name: 'agents' },
        behalfPolicy: { name: 'humans', version: 'version-one' },
        requester: agent,
        terms: {
          action: 'rollout-restart',
          durationSeconds: 300,
          onBehalfOf: { subject: 'alice', email: 'alice@corp.test', proof: 'token' },
        },
        cuts: [{ field: 'durationSeconds', asked: '900', granted: '300' }],
      },
    });
  });

  it('is judged for the human by one policy: the first that allows all of it', () => {
    const short = { ...ofHuman, name: 'a-short', maxDurationSeconds: 60 };
    expect(judged(policySet(ofAgent, short, ofHuman))).toMatchObject({
      validated: { behalfPolicy: { name: 'humans' }, cuts: [] },
    });
    expect(judged(policySet(ofAgent, short))).toMatchObject({
      validated: { behalfPolicy: { name: 'a-short' }, terms: { durationSeconds: 60 } },
    });
  });
});

describe('a request on behalf of a human is denied', () => {
  const elsewhere = { names: ['staging-eks'], environments: [] };
  it.each<[string, Behalf, PolicySet]>([
    ['where the policy says nothing of it', shown, policySet({ ...base, name: 'agents' }, ofHuman)],
    ['without a proof where one is wanted', claimed, policySet(ofAgent, ofHuman)],
    ['to a human for whom there is no policy', shown, policySet(ofAgent)],
    [
      'where the policies for humans are for agents only',
      shown,
      policySet(ofAgent, { ...ofHuman, subjects: { ...ofHuman.subjects, kinds: ['agent'] } }),
    ],
    ['on another connection', shown, policySet(ofAgent, { ...ofHuman, connections: elsewhere })],
    [
      'where the human may not do it',
      shown,
      policySet(ofAgent, { ...ofHuman, actions: ['view'], rules: [] }),
    ],
    ['in another namespace', shown, policySet(ofAgent, { ...ofHuman, namespaces: ['default'] })],
    [
      'where the human would have to give another reason',
      shown,
      policySet(ofAgent, { ...ofHuman, reason: { minLength: 500 } }),
    ],
    [
      'where nobody knows the human whom the agent only names',
      claimed,
      policySet({ ...ofAgent, onBehalfOf: { proof: 'optional' } }, ofHuman),
    ],
  ])('%s', (_why, behalf, set) =>
    expect(denialOf(judged(set, behalf))?.code).toBe('behalf_not_allowed'),
  );

  it('without telling an agent that only names a human what they may do', () => {
    const optional: Policy = { ...ofAgent, onBehalfOf: { proof: 'optional' } };
    const people = peopleOf([documentOf(alice)], []);
    const why = (policy: Policy, behalf: Behalf) =>
      denialOf(judged({ ...policySet(optional, policy), people }, behalf));
    const elsewhere2 = { ...ofHuman, namespaces: ['default'] };
    const strict = { ...ofHuman, reason: { minLength: 500 } };
    expect(why(elsewhere2, claimed)).toStrictEqual(why(strict, claimed));
    expect(why(strict, shown)?.message).toContain('500');
  });
});

describe('a human whom an agent only names', () => {
  const optional: Policy = { ...ofAgent, onBehalfOf: { proof: 'optional' } };
  const set = { ...policySet(optional, ofHuman), people: peopleOf([documentOf(alice)], []) };

  it('may have what the groups of the configuration let them, and is shown as not proved', () =>
    expect(termsOf(judged(set, claimed))?.onBehalfOf).toStrictEqual({
      issuer: alice.issuer,
      subject: 'alice',
      email: 'alice@corp.test',
      proof: 'none',
    }));

  it('gets nothing by groups that the agent makes up', () => {
    const people = peopleOf([documentOf({ ...alice, groups: [] })], []);
    const made = { human: alice, proof: 'none' } as const;
    expect(denialOf(judged({ ...set, people }, made))?.code).toBe('behalf_not_allowed');
  });
});

describe('the approvals of a request on behalf of a human', () => {
  const approvalOf = (own: ApprovalRequirement, theirs: ApprovalRequirement, more = {}) => {
    const agents = { ...ofAgent, approval: own, ...more };
    const verdict = judged(policySet(agents, { ...ofHuman, approval: theirs }));
    return 'validated' in verdict ? verdict.validated : verdict;
  };

  it('are none where neither policy wants one', () =>
    expect(approvalOf(nobody, nobody)).toHaveProperty('approval', nobody));

  it('are those of both, one after the other', () => {
    expect(approvalOf(nobody, oneHuman)).toHaveProperty('approval', oneHuman);
    expect(approvalOf(oneHuman, nobody)).toHaveProperty('approval', oneHuman);
    expect(approvalOf(oneHuman, twoSteps())).toMatchObject({
      approval: {
        order: 'sequential',
        steps: [{ name: 'approval' }, { name: 'on-call' }, { name: 'lead' }],
      },
    });
  });

  it('are not saved by what the agent would need nobody for alone', () => {
    const autoApprove = [
      { name: 'small', actions: ['rollout-restart'], when: { environments: ['production'] } },
    ];
    const alone = approvalOf(oneHuman, nobody, { autoApprove });
    expect(alone).toMatchObject({ approval: nobody, autoApproved: 'small' });
    const both = approvalOf(oneHuman, twoSteps(), { autoApprove });
    expect(both).toMatchObject({
      approval: { steps: [{ name: 'approval' }, { name: 'on-call' }, { name: 'lead' }] },
      facts: [{ rule: 'small', isMet: true }],
    });
    expect(both).not.toHaveProperty('autoApproved');
  });

  it('want a fresh login where either does', () => {
    const stepUp = { fromRisk: 'low' as const, maxAgeSeconds: 300, acr: ['phr'] };
    const theirs = { ...ofHuman, approval: oneHuman, stepUp };
    expect(judged(policySet({ ...ofAgent, approval: oneHuman }, theirs))).toMatchObject({
      validated: { approval: { stepUp: { maxAgeSeconds: 300, acr: ['phr'] } } },
    });
  });

  it.each<[string, readonly Principal[]]>([
    ['the human is the only one who could approve', [alice]],
    ['there are too few others for both', [alice, bob]],
  ])('are none that could be given: %s', (_why, known) => {
    const people = peopleOf(known.map(documentOf), []);
    const agents = { ...ofAgent, approval: oneHuman };
    const set = { ...policySet(agents, { ...ofHuman, approval: oneHuman }), people };
    expect(denialOf(judged(set))?.code).toBe('no_eligible_approver');
    const enough = peopleOf([alice, bob, { ...carol, groups: ['sre-oncall'] }].map(documentOf), []);
    expect(denialOf(judged({ ...set, people: enough }))).toBeUndefined();
  });

  it('need an owner of the agent who is known, where either excludes it', () => {
    const { kind, issuer, subject, groups } = agent;
    const orphan = { kind, issuer, subject, groups };
    const set = policySet(ofAgent, { ...ofHuman, approval: oneHuman });
    const verdict = judge({ request, requester: orphan, behalf: shown }, set, calm());
    expect(denialOf(verdict)?.code).toBe('owner_unknown');
  });
});

describe('a grant on behalf of a human', () => {
  const policies = (theirs: Policy = ofHuman, version = 'version-one'): PolicySet => ({
    ...policySet({ ...ofAgent, approval: oneHuman }, theirs),
    version,
  });
  const grantId = '0192d3f4-0000-7000-8000-000000000009';
  const asked = (): AccessEvent => ({
    type: 'AccessRequested',
    data: { ...requested().data, behalf: shown },
  });
  const after = (...events: AccessEvent[]) =>
    events.reduce(
      (state, event) => accessGrant.evolve(state, event, calm().at),
      accessGrant.initial,
    );
  const validated = accessGrant.decide(
    { type: 'JudgeRequest', policies: policies(), circumstances: calm() },
    after(asked()),
  );
  if (validated?.type !== 'AccessRequestValidated') throw new Error('not validated');
  const yes = (approver: Principal): AccessEvent => ({
    type: 'ApprovalGiven',
    data: { approver, via: 'slack' },
  });
  const agreed = (approver: Principal): AccessEvent[] => [
    asked(),
    validated,
    yes(approver),
    { type: 'AccessRequestApproved', data: { approvers: [approver] } },
  ];
  const issue = (events: AccessEvent[], circumstances = calm(), set = policies()) =>
    accessGrant.decide(
      { type: 'IssueGrant', grantId, policies: set, circumstances },
      after(...events),
    );
  const granted = () => {
    const event = issue(agreed(bob));
    if (event?.type !== 'GrantIssued') throw new Error('not issued');
    return after(...agreed(bob), event);
  };
  const recheck = (circumstances = calm(), set = policies()) =>
    accessGrant.decide({ type: 'RecheckGrant', policies: set, circumstances }, granted());
  const withoutAlice = { ...calm(), isDisabled: ({ subject }: Principal) => subject === 'alice' };

  it('says for whom it is', () =>
    expect(issue(agreed(bob))).toMatchObject({
      type: 'GrantIssued',
      data: { grantee: agent, terms: { onBehalfOf: { subject: 'alice' } }, approvers: [bob] },
    }));

  it.each<[string, Principal]>([
    ['the human', alice],
    ['another account of the human', { ...alice, issuer: 'https://other.test', subject: 'a2' }],
    ['the owner of the agent', dana],
  ])('is not issued by the yes of %s', (_who, approver) =>
    expect(issue(agreed(approver))).toMatchObject({ data: { code: 'approval_incomplete' } }),
  );

  it('is not issued when the human was disabled meanwhile', () =>
    expect(issue(agreed(bob), withoutAlice)).toMatchObject({
      type: 'AccessRequestDenied',
      data: { code: 'behalf_not_allowed' },
    }));

  it('stays while all is as it was, and under policies that still allow it to both', () => {
    expect(recheck()).toBeUndefined();
    expect(recheck(calm(), policies(ofHuman, 'two'))).toBeUndefined();
  });

  it('ends when the human is disabled', () =>
    expect(recheck(withoutAlice)).toMatchObject({
      type: 'GrantRevoked',
      data: { grantId, cause: 'disabled' },
    }));

  it.each<[string, object, string | undefined]>([
    ['knows the human no more', { isGone: true, groups: [] }, 'group_lost'],
    ['counts the human among others only', { groups: ['others'] }, 'group_lost'],
    ['counts the human as before', { groups: ['sre-oncall'] }, undefined],
  ])('is as the directory says that %s', (_what, said, cause) => {
    const readAt = '2026-01-05T09:10:00.000Z';
    const { issuer, subject } = alice;
    const member = { issuer, subject, isGone: false, groups: [], readAt, ...said };
    const members = (who: { subject: string }) => (who.subject === 'alice' ? member : undefined);
    const event = recheck({ ...calm(readAt), members });
    expect(event?.type === 'GrantRevoked' ? event.data.cause : undefined).toBe(cause);
  });

  it.each<[string, PolicySet]>([
    ['nothing any more', policySet({ ...ofAgent, approval: oneHuman })],
    ['less', policies({ ...ofHuman, maxDurationSeconds: 60 })],
    ['it by another policy only', policies({ ...ofHuman, name: 'others' })],
    ['it, and wants another approval', policies({ ...ofHuman, approval: twoSteps() })],
    [
      'it, and nobody may ask for others now',
      policySet({ ...base, name: 'agents', approval: oneHuman }, ofHuman),
    ],
  ])('ends when the policies allow the human %s', (_what, set) =>
    expect(recheck(calm(), { ...set, version: 'two' })).toMatchObject({
      type: 'GrantRevoked',
      data: { cause: 'policy' },
    }),
  );
});

it('names the human by the address that the configuration knows where their token has none', () => {
  const { email, ...unnamed } = alice;
  const set = { ...policySet(ofAgent, ofHuman), people: peopleOf([documentOf(alice)], []) };
  expect(termsOf(judged(set, { human: unnamed, proof: 'token' }))?.onBehalfOf?.email).toBe(email);
});
