import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import type {
  AccessEvent,
  AccessRequestInput,
  NamesAnswer,
  NamesLookup,
  NamesRefusal,
  RequestedRule,
} from '@drawbridge/contracts';
import { allows, matchesPattern, within } from '@drawbridge/scope';
import { namesIn, type ClusterOfNames } from '../../test/cluster-of-names.js';
import {
  agent,
  alice,
  calm,
  given,
  grantId,
  oncall,
  policySet,
  approved,
  twoSteps,
} from '../../test/story.js';
import { accessGrant } from '../domain/access-grant.js';
import type { AccessGrant } from '../domain/access-grant-state.js';
import { judge } from '../domain/judge.js';
import type { Policy, PolicySet } from '../domain/policy-set.js';
import { selectiveScope } from '../domain/selective-scope.js';
import { findNames, type AskNames } from './find-names.js';

const base = { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods', 'pods/log'] };
const team = { namespaceSelector: { matchLabels: { team: 'payments' } } };
const policy: Policy = {
  ...oncall,
  ticket: { required: false },
  namespaces: ['pay-1', 'pay-2', 'pay-3'],
  rules: [{ ...base, namespaces: ['*'] }],
  whenTooWide: 'cut',
};
const oneStep = {
  ...twoSteps(),
  steps: [{ type: 'humans' as const, name: 'on-call', count: 1, groups: ['sre-oncall'] }],
};
const cluster: ClusterOfNames = {
  'pay-1': { labels: { team: 'payments' }, pods: ['web-1', 'web-2', 'db-1'] },
  'pay-2': { labels: { team: 'payments', tier: 'web' }, pods: ['web-1'] },
  'pay-3': { labels: { team: 'others' }, pods: ['web-9'] },
  'secret-project': { labels: { team: 'payments' }, pods: ['web-7'] },
};

const requestOf = (rules: readonly RequestedRule[]): AccessRequestInput => ({
  connection: 'prod-eks',
  scope: { rules: [...rules] },
  durationSeconds: 600,
  reason: 'readiness probe failing',
});
const pleaOf = (...rules: RequestedRule[]) => ({ requester: agent, request: requestOf(rules) });
const asking = (of: ClusterOfNames): AskNames & { readonly asked: NamesLookup[] } => {
  const asked: NamesLookup[] = [];
  const ask = (lookup: NamesLookup) => {
    asked.push(lookup);
    return Promise.resolve(namesIn(of, lookup));
  };
  return Object.assign(ask, { asked });
};

/** As it is done: looked up, then judged. */
async function judged(
  plea: ReturnType<typeof pleaOf>,
  { set = policySet(policy), ask = asking(cluster) }: { set?: PolicySet; ask?: AskNames } = {},
) {
  const scope = selectiveScope(plea, set);
  const names = scope && (await findNames(scope, { ask }));
  return { names, verdict: judge({ ...plea, names }, set, calm()) };
}

describe('namespaces by labels', () => {
  it('are named, as far as a policy covers them, and nothing else is', async () => {
    const { verdict } = await judged(pleaOf({ ...base, ...team }));
    expect(verdict).toMatchObject({
      validated: {
        terms: { rules: [{ ...base, namespaces: ['pay-1', 'pay-2'] }] },
        resolved: [{ field: 'namespaces', asked: 'team=payments', names: ['pay-1', 'pay-2'] }],
        cuts: [
          {
            field: 'namespaces',
            asked: 'pay-1, pay-2, 1 more',
            granted: 'pay-1, pay-2',
            why: 'policy "production-oncall" covers pay-1, pay-2, pay-3',
          },
        ],
      },
    });
    expect(JSON.stringify(verdict)).not.toContain('secret-project');
  });

  it('are refused where a policy refuses what it does not cover, without their names', async () => {
    const set = policySet({ ...policy, whenTooWide: 'refuse' });
    const { verdict } = await judged(pleaOf({ ...base, ...team }), { set });
    expect(verdict).toMatchObject({
      denial: {
        code: 'namespace_not_allowed',
        message: 'policy "production-oncall" covers pay-1, pay-2, pay-3, not 1 more',
      },
    });
    expect(JSON.stringify(verdict)).not.toContain('secret-project');
  });

  it('are all that there are for a policy over every namespace', async () => {
    const set = policySet({ ...policy, namespaces: ['*'], whenTooWide: 'refuse' });
    const { verdict } = await judged(pleaOf({ ...base, ...team }), { set });
    expect(verdict).toMatchObject({
      validated: {
        cuts: [],
        terms: { rules: [{ namespaces: ['pay-1', 'pay-2', 'secret-project'] }] },
      },
    });
  });
});

describe('objects by patterns', () => {
  it('are named where they were found', async () => {
    const rule = { ...base, namespaces: ['pay-1', 'pay-2'], resourceNamePatterns: ['web-*'] };
    const { verdict } = await judged(pleaOf(rule));
    expect(verdict).toMatchObject({
      validated: {
        cuts: [],
        terms: {
          rules: [
            { ...base, namespaces: ['pay-1'], resourceNames: ['web-1', 'web-2'] },
            { ...base, namespaces: ['pay-2'], resourceNames: ['web-1'] },
          ],
        },
      },
    });
  });

  it('are looked for in the namespaces that labels stand for, and in no other', async () => {
    const ask = asking(cluster);
    const rule = { ...base, ...team, resourceNamePatterns: ['web-*'] };
    const { verdict } = await judged(pleaOf(rule), { ask });
    expect(verdict).toHaveProperty('validated');
    expect(ask.asked.map((one) => 'namespace' in one && one.namespace)).toStrictEqual([
      false,
      'pay-1',
      'pay-2',
    ]);
  });

  it('are not looked for in a namespace that no policy covers', async () => {
    const ask = asking(cluster);
    const rule = { ...base, namespaces: ['secret-project'], resourceNamePatterns: ['web-*'] };
    const { verdict } = await judged(pleaOf(rule), { ask });
    expect(ask.asked).toStrictEqual([]);
    expect(verdict).toMatchObject({ denial: { code: 'selector_empty' } });
  });

  it('are not looked for where no policy allows anything of their kind', async () => {
    const ask = asking(cluster);
    const rule = { ...base, resources: ['secrets'], namespaces: ['pay-1'] };
    const { verdict } = await judged(pleaOf({ ...rule, resourceNamePatterns: ['web-*'] }), { ask });
    expect(ask.asked).toStrictEqual([]);
    expect(verdict).toMatchObject({ denial: { code: 'scope_too_wide' } });
  });

  it('are not told by a refusal', async () => {
    const [limit] = policy.rules;
    const set = policySet({
      ...policy,
      rules: limit ? [{ ...limit, resourceNames: ['db-1'] }] : [],
    });
    const rule = { ...base, namespaces: ['pay-1'], resourceNamePatterns: ['web-*'] };
    const { verdict } = await judged(pleaOf(rule), { set });
    expect(verdict).toMatchObject({ denial: { code: 'scope_too_wide' } });
    expect(JSON.stringify(verdict)).not.toMatch(/web-1|web-2/);
  });

  it.each([
    { apiGroups: ['', 'apps'] },
    { apiGroups: ['*'] },
    { resources: ['pods', 'services'] },
    { resources: ['*'] },
    { resources: ['*/log'] },
    { resources: ['../nodes'] },
    { namespaces: ['*'] },
    { namespaces: ['pay-1', 'a/b'] },
  ])('are of one kind, in named namespaces: not with %j', async (more) => {
    const ask = asking(cluster);
    const rule = { ...base, namespaces: ['pay-1'], ...more, resourceNamePatterns: ['web-*'] };
    const { verdict } = await judged(pleaOf(rule), { ask });
    expect(verdict).toMatchObject({ denial: { code: 'rules_malformed' } });
    expect(ask.asked).toStrictEqual([]);
  });
});

describe('what cannot be told', () => {
  const answers = (answer: NamesAnswer): AskNames => vi.fn(() => Promise.resolve(answer));
  it.each<[NamesRefusal, string]>([
    ['too_many', 'selector_too_wide'],
    ['too_large', 'selector_too_wide'],
    ['not_permitted', 'selector_unresolvable'],
    ['kind_unknown', 'selector_unresolvable'],
    ['unavailable', 'selector_unresolvable'],
  ])('%s is %s', async (refusal, code) => {
    const { verdict } = await judged(pleaOf({ ...base, ...team }), { ask: answers({ refusal }) });
    expect(verdict).toMatchObject({ denial: { code } });
  });

  it('is denied when nobody looked at all', () => {
    expect(judge(pleaOf({ ...base, ...team }), policySet(policy), calm())).toMatchObject({
      denial: { code: 'selector_unresolvable' },
    });
  });

  it('is that nothing is there', async () => {
    const { verdict } = await judged(pleaOf({ ...base, ...team }), { ask: asking({}) });
    expect(verdict).toMatchObject({
      denial: {
        code: 'selector_empty',
        message:
          'rule 1 selects nothing that you may ask for: there are no namespaces with team=payments',
      },
    });
  });

  it('one of several rules with nothing is enough for a no', async () => {
    const rules = [
      { ...base, ...team },
      { ...base, namespaces: ['pay-1'], resourceNamePatterns: ['nope*'] },
    ];
    const { verdict } = await judged(pleaOf(...rules));
    expect(verdict).toMatchObject({
      denial: { code: 'selector_empty', message: expect.stringContaining('rule 2') as string },
    });
  });

  it('takes more places than anybody looks at', async () => {
    const many = Array.from({ length: 21 }, (_, index) => `n${index}`);
    const set = policySet({ ...policy, namespaces: ['*'] });
    const ask = asking({});
    const rule = { ...base, namespaces: many, resourceNamePatterns: ['web-*'] };
    const { verdict } = await judged(pleaOf(rule), { set, ask });
    expect(verdict).toMatchObject({ denial: { code: 'selector_too_wide' } });
    expect(ask.asked).toStrictEqual([]);
  });

  it('whatever a gateway says, no wildcard, no other name and no more than was asked for is believed', async () => {
    const names = ['pay-1', '*', 'Pay-2', 'pay-1', 'web-1'];
    const set = policySet({ ...policy, namespaces: ['*'] });
    const first = await judged(pleaOf({ ...base, ...team }), { set, ask: answers({ names }) });
    expect(first.names).toMatchObject({ resolved: [{ names: ['pay-1', 'web-1'] }] });
    const rule = { ...base, namespaces: ['pay-1'], resourceNamePatterns: ['web-*'] };
    const second = await judged(pleaOf(rule), { set, ask: answers({ names }) });
    expect(second.names).toMatchObject({ resolved: [{ names: ['web-1'] }] });
  });
});

describe('an action', () => {
  const set: PolicySet = {
    ...policySet({ ...policy, actions: ['logs'], rules: [] }),
    actions: [
      {
        name: 'logs',
        parameters: ['namespace', 'pod'],
        accepts: { namespace: 'namespaceLabels', pod: 'namePattern' },
        rules: [{ ...base, namespaces: ['{namespace}'], resourceNames: ['{pod}'] }],
      },
    ],
  };
  const ofAction = (namespace: string, pod: string) => {
    const plea = pleaOf();
    const scope = { action: 'logs', parameters: { namespace, pod } };
    return { ...plea, request: { ...plea.request, scope } };
  };

  it('takes labels and patterns where it says so', async () => {
    const { verdict } = await judged(ofAction('team=payments', 'web-*'), { set });
    expect(verdict).toMatchObject({
      validated: {
        terms: {
          parameters: { namespace: 'team=payments', pod: 'web-*' },
          rules: [{ namespaces: ['pay-1'], resourceNames: ['web-1', 'web-2'] }, {}],
        },
      },
    });
  });

  it('takes names there too, and looks nothing up', async () => {
    const ask = asking(cluster);
    const { verdict } = await judged(ofAction('pay-1', 'web-1'), { set, ask });
    expect(verdict).toHaveProperty('validated');
    expect(verdict).not.toHaveProperty('validated.resolved');
    expect(ask.asked).toStrictEqual([]);
  });

  it.each([
    ['pay-*', 'web-1'],
    ['team=a,team=b', 'web-1'],
    ['team', 'web-1 '],
    ['*', 'web-1'],
    ['pay-1', '*'],
    ['pay-1', 'w*b'],
    ['pay-1', 'team=payments'],
    ['team in (a)', 'web-1'],
  ])('takes no other: %s, %s', async (namespace, pod) => {
    const { verdict } = await judged(ofAction(namespace, pod), { set });
    expect(verdict).toMatchObject({ denial: { code: 'parameter_invalid' } });
  });

  it('without accepts takes names only', async () => {
    const [one] = set.actions;
    const plain = { ...set, actions: one ? [{ ...one, accepts: {} }] : [] };
    for (const [namespace, pod] of [
      ['team=payments', 'web-1'],
      ['pay-1', 'web-*'],
    ] as const) {
      const { verdict } = await judged(ofAction(namespace, pod), { set: plain });
      expect(verdict).toMatchObject({ denial: { code: 'parameter_invalid' } });
    }
  });
});

/** Whatever an agent does to labels and names in between, nothing is granted that was not both shown and there. */
describe('between the card and the grant', () => {
  const label = fc.constantFrom('payments', 'others');
  const anyCluster: fc.Arbitrary<ClusterOfNames> = fc
    .uniqueArray(fc.constantFrom('pay-1', 'pay-2', 'pay-3', 'secret-project'), { minLength: 1 })
    .chain((names) =>
      fc.tuple(
        ...names.map((name) =>
          fc
            .record({
              labels: fc.record({ team: label }),
              pods: fc.subarray(['web-1', 'web-2', 'db-1']),
            })
            .map((of) => [name, of] as const),
        ),
      ),
    )
    .map((entries) => Object.fromEntries(entries));
  const wanted = fc.constantFrom<RequestedRule[]>(
    [{ ...base, ...team }],
    [{ ...base, ...team, resourceNamePatterns: ['web-*'] }],
    [{ ...base, namespaces: ['pay-1', 'pay-2'], resourceNamePatterns: ['web-*', '*b-1'] }],
    [
      { ...base, namespaces: ['pay-3'] },
      { ...base, ...team },
    ],
  );

  it('is granted what was shown and still is there, and nothing else', async () => {
    let [grants, smaller] = [0, 0];
    await fc.assert(
      fc.asyncProperty(anyCluster, anyCluster, wanted, fc.boolean(), async (...drawn) => {
        const [before, after, rules, isObedient] = drawn;
        const plea = pleaOf(...rules);
        const set = policySet(policy);
        const { names } = await judged(plea, { ask: asking(before) });
        const asked: AccessGrant = { status: 'requested', ...plea, requestedAt: calm().at };
        const command = { policies: set, circumstances: calm(), names };
        const validated = accessGrant.decide({ type: 'JudgeRequest', ...command }, asked);
        if (validated?.type !== 'AccessRequestValidated') return;
        const { terms, resolved } = validated.data;
        const ready = [validated, given(alice), approved(alice)].reduce<AccessGrant>(
          (state, event) => accessGrant.evolve(state, event, calm().at),
          asked,
        );
        const scope = selectiveScope(plea, set);
        // A gateway may tell of more than it was asked about.
        const shown = isObedient ? resolved : undefined;
        const now = scope && (await findNames(scope, { ask: asking(after), shown }));
        const issue = { type: 'IssueGrant', grantId, ...command, names: now } as const;
        const issued = accessGrant.decide(issue, ready);
        const granted = grantedBy(issued);
        grants += Math.sign(granted.length);
        smaller += Number(granted.length > 0 && !within(terms.rules, granted));
        expect(within(granted, terms.rules)).toBe(true);
        for (const call of callsIn(before, after)) {
          const isMeant = [before, after].every((of) =>
            rules.some((rule) => isMeantBy(rule, of, call)),
          );
          expect(allows(granted, call)).toBe(isMeant && policy.namespaces.includes(call.namespace));
        }
        // Without a second look there is no grant at all.
        const blind = accessGrant.decide({ ...issue, names: undefined }, ready);
        expect(blind).toMatchObject({
          type: 'AccessRequestDenied',
          data: { code: 'selector_unresolvable' },
        });
      }),
      { numRuns: 300 },
    );
    expect([grants > 50, smaller > 20]).toStrictEqual([true, true]);
  });

  const grantedBy = (issued: AccessEvent | undefined) =>
    issued?.type === 'GrantIssued' ? issued.data.terms.rules : [];

  const callsIn = (...clusters: ClusterOfNames[]) =>
    [...new Set([...clusters.flatMap((one) => Object.keys(one)), 'pay-3'])].flatMap((namespace) =>
      ['web-1', 'web-2', 'db-1', 'other-1'].map((name) => ({
        ...{ verb: 'get', apiGroup: '', resource: 'pods', subresource: '', namespace, name },
      })),
    );

  function isMeantBy(
    rule: RequestedRule,
    of: ClusterOfNames,
    { namespace, name }: { readonly namespace: string; readonly name: string },
  ): boolean {
    const { namespaceSelector, namespaces = [], resourceNamePatterns: patterns = ['*'] } = rule;
    const { labels = {}, pods = [] } = of[namespace] ?? {};
    const isThere =
      namespaceSelector === undefined
        ? namespaces.includes(namespace)
        : labels['team'] === namespaceSelector.matchLabels['team'];
    const isNamed = (pattern: string) =>
      pattern === '*' || (pods.includes(name) && matchesPattern(pattern, name));
    return isThere && patterns.some(isNamed);
  }

  /** Validated as before, and approved. */
  async function shown() {
    const plea = pleaOf({ ...base, ...team });
    const set = policySet(policy);
    const { names } = await judged(plea);
    const command = { policies: set, circumstances: calm(), names };
    const asked: AccessGrant = { status: 'requested', ...plea, requestedAt: calm().at };
    const validated = accessGrant.decide({ type: 'JudgeRequest', ...command }, asked);
    if (validated === undefined) throw new Error('not judged');
    return [validated, given(alice), approved(alice)].reduce<AccessGrant>(
      (state, event) => accessGrant.evolve(state, event, calm().at),
      asked,
    );
  }

  it('what an approver took away stays away', async () => {
    const rules = [{ ...base, namespaces: ['pay-2'] }];
    const asked = await judgedAndAsked();
    const narrowed = [
      given(alice, { step: 'on-call', seen: 0, narrow: { rules } }),
      approved(alice),
    ].reduce((state, event) => accessGrant.evolve(state, event, calm().at), asked);
    const { names } = await judged(pleaOf({ ...base, ...team }));
    const command = { policies: stepsSet, circumstances: calm(), names };
    expect(accessGrant.decide({ type: 'IssueGrant', grantId, ...command }, narrowed)).toMatchObject(
      {
        type: 'GrantIssued',
        data: { terms: { rules } },
      },
    );
  });

  const stepsSet = policySet({ ...policy, approval: oneStep });
  async function judgedAndAsked(): Promise<AccessGrant> {
    const plea = pleaOf({ ...base, ...team });
    const { names } = await judged(plea, { set: stepsSet });
    const command = { policies: stepsSet, circumstances: calm(), names };
    const asked: AccessGrant = { status: 'requested', ...plea, requestedAt: calm().at };
    const validated = accessGrant.decide({ type: 'JudgeRequest', ...command }, asked);
    if (validated === undefined) throw new Error('not judged');
    return accessGrant.evolve(asked, validated, calm().at);
  }

  it.each(['selector_unresolvable', 'selector_too_wide'] as const)(
    '%s at the second look ends it',
    async (code) => {
      const names = { code, message: 'no' };
      const command = { policies: policySet(policy), circumstances: calm(), names };
      const denied = accessGrant.decide({ type: 'IssueGrant', grantId, ...command }, await shown());
      expect(denied).toMatchObject({ type: 'AccessRequestDenied', data: { code } });
    },
  );

  it('policies are asked again about what was shown, and no cluster is', async () => {
    const ready = await shown();
    const names = {
      resolved: [{ field: 'namespaces', asked: 'team=payments', names: ['pay-1'] }],
      hidden: 0,
    } as const;
    const circumstances = calm();
    const resolved = names.resolved.map((one) => ({ ...one, names: [...one.names] }));
    const command = { policies: policySet(policy), circumstances, names: { ...names, resolved } };
    const issued = accessGrant.decide({ type: 'IssueGrant', grantId, ...command }, ready);
    expect(issued).toMatchObject({ data: { terms: { rules: [{ namespaces: ['pay-1'] }] } } });
    if (issued === undefined) return;
    const open = accessGrant.evolve(ready, issued, calm().at);
    const recheck = (more: Partial<Policy>) => {
      const policies = { ...policySet({ ...policy, ...more }), version: 'another' };
      return accessGrant.decide({ type: 'RecheckGrant', policies, circumstances }, open);
    };
    expect(recheck({})).toBeUndefined();
    // What was given up at the second look is not missed.
    expect(recheck({ namespaces: ['pay-1'] })).toBeUndefined();
    expect(recheck({ namespaces: ['pay-2'] })).toMatchObject({ type: 'GrantRevoked' });
  });
});
