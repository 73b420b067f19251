import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessRequestInput, Principal, Rule } from '@drawbridge/contracts';
import { allows, within } from '@drawbridge/scope';
import {
  agent,
  alice,
  oncall,
  oneHuman,
  policySet,
  request,
  terms,
  validated,
} from '../../test/story.js';
import type { DenialCode } from './denial.js';
import { judge } from './judge.js';
import type { Policy } from './policy-set.js';

const orphan: Principal = {
  kind: 'agent',
  issuer: agent.issuer,
  subject: 'agent-orphan',
  groups: ['oncall-agents'],
};
const withoutTicket: AccessRequestInput = {
  connection: request.connection,
  scope: request.scope,
  durationSeconds: request.durationSeconds,
  reason: request.reason,
};
const rules = (...more: Partial<Rule>[]): AccessRequestInput['scope'] => ({
  rules: more.map((one) => ({
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods'],
    namespaces: ['payments'],
    ...one,
  })),
});
const widest: Rule[] = [
  {
    verbs: ['get', 'list', 'watch'],
    apiGroups: ['', 'apps'],
    resources: ['pods', 'pods/log', 'deployments'],
    namespaces: ['payments', 'checkout'],
  },
];
const direct: Policy = {
  ...oncall,
  name: 'direct',
  namespaces: ['payments', 'checkout'],
  rules: widest,
  actions: ['rollout-restart', 'view'],
};
const cutting: Policy = { ...direct, name: 'cutting', whenTooWide: 'cut' };
const open: Policy = { ...direct, name: 'open', approval: { type: 'none' } };
const withAction = (parameters: Record<string, string>, action = 'rollout-restart') => ({
  scope: { action, parameters },
});

interface Case {
  readonly policies?: readonly Policy[];
  readonly ask?: Partial<AccessRequestInput>;
  readonly by?: Principal;
}
const verdictOf = ({ policies = [oncall], ask = {}, by = agent }: Case) =>
  judge({ request: { ...request, ...ask }, requester: by }, policySet(...policies));

describe('a request that is denied', () => {
  interface Denied extends Case {
    readonly code: DenialCode;
    readonly message: string;
    readonly suggestion?: string;
  }
  const [restart, view] = ['rollout-restart', 'view'];

  it.each<Denied>([
    {
      code: 'requester_not_covered',
      by: { ...agent, groups: [] },
      message: 'no policy is for you: agent in no group',
      suggestion: 'Have yourself added to a group that a policy is for.',
    },
    {
      code: 'requester_not_covered',
      by: { ...agent, groups: ['a', 'Oncall-Agents'] },
      message: 'no policy is for you: agent in "a", "Oncall-Agents"',
      suggestion: 'Have yourself added to a group that a policy is for.',
    },
    {
      code: 'requester_not_covered',
      by: { ...alice, groups: ['oncall-agents'] },
      message: 'no policy is for you: human in "oncall-agents"',
      suggestion: 'Have yourself added to a group that a policy is for.',
    },
    {
      code: 'requester_not_covered',
      policies: [{ ...oncall, subjects: { ...oncall.subjects, issuers: ['https://other.test'] } }],
      message: 'no policy is for you: agent in "oncall-agents"',
      suggestion: 'Have yourself added to a group that a policy is for.',
    },
    {
      code: 'connection_unknown',
      ask: { connection: 'prod-ek' },
      message: 'there is no connection "prod-ek"',
      suggestion: 'Ask for connection "prod-eks".',
    },
    {
      code: 'connection_not_allowed',
      ask: { connection: 'staging-eks' },
      message: 'no policy lets you ask for connection "staging-eks"',
      suggestion: 'Ask for connection "prod-eks".',
    },
    {
      code: 'connection_not_allowed',
      policies: [{ ...oncall, connections: { names: ['gone'], environments: ['gone'] } }],
      message: 'no policy lets you ask for connection "prod-eks"',
    },
    {
      code: 'action_unknown',
      policies: [oncall, direct],
      ask: withAction({}, 'restart'),
      message: 'there is no action "restart"',
      suggestion: `Ask for action "${restart}" or "${view}".`,
    },
    {
      code: 'action_not_allowed',
      ask: withAction({ namespace: 'payments' }, 'view'),
      message: 'no policy lets you ask for action "view" here',
      suggestion: 'Ask for action "rollout-restart".',
    },
    {
      code: 'parameter_missing',
      ask: withAction({ namespace: 'payments' }),
      message: 'action "rollout-restart" needs parameter "deployment"',
      suggestion: 'Give exactly the parameters namespace, deployment.',
    },
    {
      code: 'parameter_unknown',
      ask: withAction({ namespace: 'payments', deployment: 'checkout', replicas: '3' }),
      message: 'action "rollout-restart" has no parameter "replicas"',
      suggestion: 'Give exactly the parameters namespace, deployment.',
    },
    {
      code: 'rules_not_allowed',
      ask: { scope: rules({}) },
      message: 'no policy lets you ask for rules here; ask for an action by its name',
      suggestion: 'Ask for action "rollout-restart".',
    },
    {
      code: 'rules_malformed',
      policies: [direct],
      ask: { scope: rules({}, { resources: ['pods', 'pods/*'] }) },
      message: '"pods/*" in resources of rule 2 matches nothing in Kubernetes',
      suggestion: 'Use whole words, "*" for any, or "*/scale" for a subresource of any resource.',
    },
    {
      code: 'rules_malformed',
      policies: [direct],
      ask: { scope: rules({ resourceNames: ['*'] }) },
      message: '"*" in resourceNames of rule 1 matches nothing in Kubernetes',
      suggestion:
        'Name each object, give a pattern in resourceNamePatterns, or leave resourceNames out to mean every object.',
    },
    {
      code: 'namespace_not_allowed',
      ask: withAction({ namespace: 'default', deployment: 'checkout' }),
      message: 'policy "production-oncall" covers payments, not default',
      suggestion: 'Ask for namespace "payments" only.',
    },
    {
      code: 'namespace_not_allowed',
      policies: [direct],
      ask: { scope: rules({ namespaces: ['*'] }) },
      message: 'policy "direct" covers payments, checkout, not every namespace',
      suggestion: 'Ask for namespace "payments" or "checkout" only.',
    },
    {
      code: 'namespace_not_allowed',
      policies: [cutting],
      ask: { scope: rules({ namespaces: ['default', 'kube-system'] }) },
      message: 'policy "cutting" covers payments, checkout, not default, kube-system',
      suggestion: 'Ask for namespace "payments" or "checkout" only.',
    },
    {
      code: 'scope_too_wide',
      policies: [direct],
      ask: { scope: rules({}, { verbs: ['get', 'delete'], resources: ['pods', 'pods/log'] }) },
      message: 'rule 2 is wider than policy "direct" allows: delete pods in payments',
      suggestion:
        'Leave that out; you may ask to read (get, list, watch) pods, logs of pods and deployments in payments and checkout.',
    },
    {
      code: 'scope_too_wide',
      policies: [cutting],
      ask: { scope: rules({ resources: ['*'] }) },
      message:
        'rule 1 is wider than policy "cutting" allows: read (get) any resource of API group core in payments',
      suggestion:
        'Leave that out; you may ask to read (get, list, watch) pods, logs of pods and deployments in payments and checkout.',
    },
    {
      code: 'duration_too_long',
      ask: { durationSeconds: 86_400 },
      message: 'policy "production-oncall" allows at most 900 s, not 86400 s',
      suggestion: 'Ask for 900 s or less.',
    },
    {
      code: 'reason_too_short',
      ask: { reason: 'broken 🙈🙈' },
      message: 'policy "production-oncall" wants a reason of at least 10 characters',
      suggestion: 'Say what is wrong and what you are going to do about it.',
    },
    {
      code: 'reason_not_accepted',
      policies: [
        {
          ...oncall,
          reason: {
            minLength: 1,
            pattern: { source: '^RCA', matches: (text) => text.startsWith('RCA') },
          },
        },
      ],
      message: 'the reason does not match ^RCA, as policy "production-oncall" wants',
      suggestion: 'Give a reason that matches ^RCA.',
    },
    {
      code: 'ticket_not_accepted',
      ask: { ticket: 'INC-4211 ' },
      message: 'the ticket does not match ^INC-\\d+$, as policy "production-oncall" wants',
      suggestion: 'Name a ticket that matches ^INC-\\d+$.',
    },
    {
      code: 'owner_unknown',
      by: orphan,
      message:
        'policy "production-oncall" wants an approver who is not your owner, and you have no known owner',
      suggestion: 'Have an owner set for you at the identity provider or in the issuer document.',
    },
  ])('with $code: $message', ({ code, message, suggestion, ...asked }) => {
    const verdict = verdictOf(asked);
    expect('denial' in verdict && verdict.denial).toStrictEqual({
      code,
      message,
      ...(suggestion !== undefined && { suggestion }),
    });
  });

  it('with ticket_missing', () => {
    expect(judge({ request: withoutTicket, requester: agent }, policySet(oncall))).toStrictEqual({
      policy: { name: 'production-oncall', version: 'version-one' },
      denial: {
        code: 'ticket_missing',
        message: 'policy "production-oncall" wants a ticket',
        suggestion: 'Name a ticket that matches ^INC-\\d+$.',
      },
    });
  });

  it.each([
    '*',
    'pay*',
    '{deployment}',
    'Payments',
    'a/b',
    'a..b',
    'a_b',
    '-a',
    'a-',
    '',
    ' payments',
    'payments ',
    'payments\n',
    'pаyments',
    'a'.repeat(64),
    'kube.system',
  ])('with parameter_invalid for the namespace %j', (namespace) => {
    expect(verdictOf({ ask: withAction({ namespace, deployment: 'checkout' }) })).toMatchObject({
      denial: { code: 'parameter_invalid' },
    });
  });

  it.each(['*', '{namespace}', 'a b', 'a/b', '..', '.', 'a'.repeat(254), 'A', 'system:node'])(
    'with parameter_invalid for the name %j',
    (deployment) => {
      expect(verdictOf({ ask: withAction({ namespace: 'payments', deployment }) })).toMatchObject({
        denial: { code: 'parameter_invalid' },
      });
    },
  );

  it.each(['__proto__', 'constructor', 'toString', 'hasOwnProperty'])(
    'whatever JavaScript knows by the name %s',
    (name) => {
      expect(verdictOf({ ask: withAction({ namespace: 'payments' }, name) })).toMatchObject({
        denial: { code: 'action_unknown' },
      });
      expect(verdictOf({ ask: { connection: name } })).toMatchObject({
        denial: { code: 'connection_unknown' },
      });
      const parameters = Object.fromEntries([
        ['namespace', 'payments'],
        ['deployment', 'checkout'],
        [name, 'x'],
      ]);
      expect(verdictOf({ ask: withAction(parameters) })).toMatchObject({
        denial: { code: 'parameter_unknown' },
      });
    },
  );

  it('tells of no policy that is not for the requester', () => {
    const secret: Policy = {
      ...direct,
      name: 'secret-policy',
      subjects: { groups: ['secret-group'], kinds: ['agent'] },
      connections: { names: ['staging-eks'], environments: [] },
      actions: ['view'],
    };
    const asks: Partial<AccessRequestInput>[] = [
      { connection: 'nope' },
      { connection: 'staging-eks' },
      withAction({}, 'nope'),
      withAction({}, 'view'),
      { scope: rules({ namespaces: ['*'] }) },
      { durationSeconds: 86_400 },
    ];
    for (const ask of asks) {
      const text = JSON.stringify(verdictOf({ policies: [oncall, secret], ask }));
      expect(text).not.toMatch(/secret|"suggestion":"[^"]*(staging|view)/);
    }
  });
});

describe('a request that is allowed', () => {
  it('gets the rules of its action with the parameters filled in', () => {
    expect(verdictOf({})).toStrictEqual({
      validated: {
        policy: { name: 'production-oncall', version: 'version-one' },
        requester: agent,
        terms,
        cuts: [],
        approval: oneHuman,
        risk: validated().data.risk,
      },
    });
  });

  it('gets its own rules where the policy takes rules', () => {
    const scope = rules({}, { resources: ['pods/log'], resourceNames: ['p'] });
    const verdict = verdictOf({ policies: [direct], ask: { scope } });
    expect(verdict).toMatchObject({
      validated: { terms: { rules: 'rules' in scope && scope.rules } },
    });
    expect('validated' in verdict && verdict.validated.terms).not.toHaveProperty('action');
  });

  it('needs no ticket where none is wanted', () => {
    const policies = policySet({ ...oncall, ticket: { required: false } });
    const verdict = judge({ request: withoutTicket, requester: agent }, policies);
    expect('validated' in verdict && verdict.validated.terms).not.toHaveProperty('ticket');
  });

  it('needs no owner where nobody or the owner may approve', () => {
    for (const approval of [{ type: 'none' } as const, { ...oneHuman, excludeOwner: false }]) {
      expect(verdictOf({ policies: [{ ...oncall, approval }], by: orphan })).toHaveProperty(
        'validated',
      );
    }
  });

  it('may come from a human where the policy is for humans', () => {
    const subjects = { groups: ['sre-oncall'], kinds: ['human' as const], issuers: [alice.issuer] };
    expect(verdictOf({ policies: [{ ...oncall, subjects }], by: alice })).toHaveProperty(
      'validated',
    );
  });

  it('reaches a connection by its environment', () => {
    const connections = { names: [], environments: ['staging'] };
    const verdict = verdictOf({
      policies: [{ ...oncall, connections }],
      ask: { connection: 'staging-eks' },
    });
    expect(verdict).toMatchObject({ validated: { terms: { environment: 'staging' } } });
  });
});

describe('cutting', () => {
  it('shortens the time and leaves namespaces out, and says so', () => {
    const scope = rules({ namespaces: ['payments', 'default'] }, { namespaces: ['default'] });
    expect(verdictOf({ policies: [cutting], ask: { scope, durationSeconds: 3600 } })).toMatchObject(
      {
        validated: {
          terms: { durationSeconds: 900, rules: [{ namespaces: ['payments'] }] },
          cuts: [
            {
              field: 'namespaces',
              asked: 'payments, default',
              granted: 'payments',
              why: 'policy "cutting" covers payments, checkout',
            },
            {
              field: 'durationSeconds',
              asked: '3600',
              granted: '900',
              why: 'policy "cutting" allows at most 900 s',
            },
          ],
        },
      },
    );
  });

  it('turns everywhere into the namespaces of the policy', () => {
    expect(
      verdictOf({ policies: [cutting], ask: { scope: rules({ namespaces: ['*'] }) } }),
    ).toMatchObject({
      validated: {
        terms: { rules: [{ namespaces: ['payments', 'checkout'] }] },
        cuts: [{ asked: '*', granted: 'payments, checkout' }],
      },
    });
  });

  it('counts rules as the requester does', () => {
    const scope = rules({ namespaces: ['default'] }, { verbs: ['delete'] });
    expect(verdictOf({ policies: [cutting], ask: { scope } })).toMatchObject({
      denial: { message: expect.stringMatching(/^rule 2 is wider/) as string },
    });
  });

  it('never makes a rule out of a wider one', () => {
    expect(
      verdictOf({ policies: [cutting], ask: { scope: rules({ verbs: ['*'] }) } }),
    ).toMatchObject({ denial: { code: 'scope_too_wide' } });
  });
});

describe('the one policy that judges', () => {
  const nameOf = (asked: Case) => {
    const verdict = verdictOf(asked);
    return 'validated' in verdict ? verdict.validated.policy.name : verdict.policy?.name;
  };
  const named = (name: string, more: Partial<Policy> = {}): Policy => ({
    ...direct,
    name,
    ...more,
  });

  it('is the first by name that allows everything', () => {
    const strict = named('a', { maxDurationSeconds: 60 });
    expect(nameOf({ policies: [strict, named('b'), named('c')] })).toBe('b');
  });

  it('allows everything rather than cutting, even when another comes first', () => {
    const cut = named('a', { maxDurationSeconds: 60, whenTooWide: 'cut' });
    expect(nameOf({ policies: [cut, named('b')] })).toBe('b');
    expect(nameOf({ policies: [cut, named('b', { maxDurationSeconds: 60 })] })).toBe('a');
  });

  it('is the one that was closest when all deny', () => {
    const far = named('a', { namespaces: ['checkout'] });
    const near = named('b', {
      ticket: { required: true, pattern: { source: 'x', matches: () => false } },
    });
    expect(nameOf({ policies: [far, near] })).toBe('b');
    expect(nameOf({ policies: [far, named('c', { namespaces: ['x'] })] })).toBe('a');
  });

  it('never is two of them: what no single one allows is denied', () => {
    const readsPods = named('a', { rules: [{ ...widest[0]!, resources: ['pods'] }] });
    const readsLogs = named('b', { rules: [{ ...widest[0]!, resources: ['pods/log'] }] });
    const both = rules({ resources: ['pods', 'pods/log'] });
    expect(verdictOf({ policies: [readsPods, readsLogs], ask: { scope: both } })).toMatchObject({
      denial: { code: 'scope_too_wide' },
      policy: { name: 'a' },
    });
  });

  it('decides the approval, too: a looser one that does not allow it has no say', () => {
    const loose = named('a', { approval: { type: 'none' }, actions: ['view'] });
    expect(verdictOf({ policies: [loose, oncall] })).toMatchObject({
      validated: { approval: oneHuman },
    });
  });
});

describe('whatever is asked', () => {
  // Mostly what the policies allow, so that most requests get through in part.
  const some = (usual: readonly string[], unusual: readonly string[]) =>
    fc
      .array(
        fc.oneof({ arbitrary: fc.constantFrom(...usual), weight: 12 }, fc.constantFrom(...unusual)),
        {
          minLength: 1,
          maxLength: 3,
        },
      )
      .map((words) => [...new Set(words)]);
  const anyScope = fc.array(
    fc.record({
      verbs: some(['get', 'list', 'watch'], ['patch', '*']),
      apiGroups: some(['', 'apps'], ['*']),
      resources: some(['pods', 'pods/log', 'deployments'], ['*', 'secrets']),
      namespaces: some(['payments', 'checkout'], ['default', '*']),
    }),
    { minLength: 1, maxLength: 2 },
  );

  it('nothing is granted that was not asked for, or that the policy does not allow', () => {
    fc.assert(
      fc.property(
        anyScope,
        fc.integer({ min: 30, max: 86_400 }),
        fc.constantFrom(direct, cutting, open),
        (asked, durationSeconds, policy) => {
          const verdict = verdictOf({
            policies: [policy],
            ask: { scope: { rules: asked }, durationSeconds },
          });
          fc.pre('validated' in verdict);
          const granted = verdict.validated.terms;
          expect(within(granted.rules, asked)).toBe(true);
          expect(within(granted.rules, policy.rules)).toBe(true);
          expect(granted.durationSeconds).toBe(Math.min(durationSeconds, 900));
          const nodes = {
            verb: 'get',
            apiGroup: '',
            resource: 'nodes',
            subresource: '',
            namespace: '',
            name: '',
          };
          expect(allows(granted.rules, nodes)).toBe(false);
          if (verdict.validated.cuts.length > 0) expect(policy.whenTooWide).toBe('cut');
          expect(granted.rules).not.toStrictEqual([]);
        },
      ),
      { numRuns: 500 },
    );
  });

  it('an answer comes, and says what it is', () => {
    const name = fc.oneof(
      fc.constantFrom('rollout-restart', 'view', 'namespace', 'deployment', '__proto__'),
      fc.string({ minLength: 1, maxLength: 60, unit: 'binary' }),
    );
    const anyRequest = fc.record({
      connection: fc.oneof(fc.constantFrom('prod-eks', 'staging-eks'), fc.string()),
      scope: fc.oneof(
        fc.record({ action: name, parameters: fc.dictionary(name, name) }),
        anyScope.map((asked) => ({ rules: asked })),
      ),
      durationSeconds: fc.integer({ min: 30, max: 86_400 }),
      reason: fc.string({ unit: 'binary' }),
      ticket: fc.string({ unit: 'binary' }),
    });
    fc.assert(
      fc.property(anyRequest, fc.subarray([oncall, direct, cutting, open]), (ask, policies) => {
        const verdict = verdictOf({ policies, ask });
        if ('validated' in verdict) expect(verdict.validated.terms.rules).not.toStrictEqual([]);
        else expect(verdict.denial.message).not.toBe('');
      }),
      { numRuns: 2_000 },
    );
  });

  it('an answer comes soon, also to the widest request there can be', () => {
    const words = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    const wide: Rule = {
      verbs: words('v', 100),
      apiGroups: words('g', 50),
      resources: words('r', 100),
      namespaces: ['payments', ...words('n', 99)],
      resourceNames: words('o', 100),
    };
    // Everything fits but the last word of each list, so that no half of the request ever fits.
    const almost = Array.from({ length: 50 }, (_, index) => ({
      ...wide,
      namespaces: ['payments'],
      verbs: wide.verbs.toSpliced(index, 1),
      resources: wide.resources.toSpliced(index, 1),
    }));
    const scope = { rules: Array.from({ length: 50 }, () => wide) };
    const start = performance.now();
    expect(verdictOf({ policies: [{ ...cutting, rules: almost }], ask: { scope } })).toMatchObject({
      denial: { code: 'scope_too_wide' },
    });
    // Otherwise it would be minutes, or years.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});

describe('the run that a request is for', () => {
  const runId = 'nightly-1';
  const judged = (requester: Principal) =>
    judge({ request: { ...request, runId }, requester }, policySet(oncall));

  it('binds the grant where the token was of this run', () =>
    expect(judged({ ...agent, run: runId })).toHaveProperty('validated.terms.runId', runId));

  it.each([undefined, 'nightly-2'])('binds nothing where the token said %s', (run) =>
    expect(judged({ ...agent, ...(run !== undefined && { run }) })).not.toHaveProperty(
      'validated.terms.runId',
    ),
  );
});
