import { GuardrailRule } from '@drawbridge/contracts';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { callOf, documentOf, guardrailsOf } from '../test/guarded-call.js';
import type { BodyFacts, GuardedCall, GuardedResourceRequest } from './guarded-call.js';
import { compileGuardrails, type Guardrails } from './guardrails.js';

const decide = (guardrails: Guardrails, call: GuardedCall, facts: BodyFacts = {}) => {
  const judgement = guardrails.judge(call);
  return judgement.kind === 'decided' ? judgement.decision : judgement.decide(facts);
};
const metOf = (guardrails: Guardrails, call: GuardedCall, facts?: BodyFacts) =>
  decide(guardrails, call, facts).matched.map(({ rule, doubt }) =>
    [rule, ...(doubt === undefined ? [] : [doubt])].join(' '),
  );
const isMet = (match: object, call: GuardedCall) =>
  metOf(guardrailsOf({ match }), call).join() || 'no';

describe('what a rule is about', () => {
  it.each<[object, Partial<GuardedResourceRequest>, string]>([
    [{ verbs: ['get'] }, {}, 'd/r0'],
    [{ verbs: ['list', '*'] }, {}, 'd/r0'],
    [{ verbs: ['list'] }, {}, 'no'],
    [{ apiGroups: [''] }, {}, 'd/r0'],
    [{ apiGroups: ['apps'] }, {}, 'no'],
    [{ resources: ['pods'] }, {}, 'd/r0'],
    [{ resources: ['pods'] }, { subresource: 'log' }, 'no'],
    [{ resources: ['pods/log'] }, { subresource: 'log' }, 'd/r0'],
    [{ resources: ['*/log'] }, { subresource: 'log' }, 'd/r0'],
    [{ resources: ['*'] }, { subresource: 'log' }, 'd/r0'],
    [{ resources: ['pods'], subresources: ['*'] }, { subresource: 'log' }, 'd/r0'],
    [{ resources: ['pods'], subresources: [''] }, { subresource: 'log' }, 'no'],
    [{ subresources: ['exec'], verbs: ['create'] }, { subresource: 'exec' }, 'd/r0'],
    [{ subresources: ['exec'], verbs: ['get'] }, { subresource: 'exec' }, 'no'],
    [{ subresources: ['proxy'], verbs: ['create'] }, { verb: 'proxy' }, 'd/r0'],
    [{ namespaces: ['pay*'] }, {}, 'd/r0'],
    [{ namespaces: ['kube-*', 'default'] }, {}, 'no'],
    [{ namespaces: ['*'] }, { namespace: '' }, 'd/r0'],
    [{ namespaces: ['kube-*'] }, { namespace: '', verb: 'list' }, 'd/r0 not_known'],
    [{ namespaces: ['kube-*'] }, { namespace: '' }, 'no'],
    [{ namespaces: [''] }, { namespace: '' }, 'd/r0'],
    [{ names: ['db-*'] }, { name: 'db-0' }, 'd/r0'],
    [{ names: ['db-*'] }, { name: 'web' }, 'no'],
    [{ names: ['db-*'] }, { verb: 'deletecollection' }, 'd/r0 not_known'],
    [{ names: ['db-*'] }, { verb: 'list', name: 'web' }, 'no'],
    [{ dryRun: false }, { dryRun: true }, 'no'],
    [{ dryRun: true }, { dryRun: true }, 'd/r0'],
    [{ fieldManagers: ['kubectl*'] }, { fieldManager: 'kubectl-edit' }, 'd/r0'],
    [{ contentTypes: ['application/apply-patch+yaml'] }, {}, 'no'],
    [{ paths: ['/metrics'] }, {}, 'no'],
  ])('%j of %j: %s', (match, request, expected) => {
    expect(isMet(match, callOf(request))).toBe(expected);
  });

  it.each<[object, string]>([
    [{ agents: { issuers: ['https://id.corp.test'] } }, 'd/r0'],
    [{ agents: { subjects: ['agent-*'], groups: ['oncall-*', 'x'] } }, 'd/r0'],
    [{ agents: { groups: ['readers'] } }, 'no'],
    [{ agents: { owners: ['*@corp.test'] } }, 'd/r0'],
    [{ agents: { claims: { '/team': ['x'] } } }, 'd/r0 not_known'],
    [{ agents: { claims: { '/team': ['x'] }, subjects: ['other'] } }, 'no'],
    [{ connections: { names: ['prod-*'], environments: ['production'] } }, 'd/r0'],
    [{ connections: { environments: ['staging'] } }, 'no'],
    [{ connections: { labels: { team: 'pay*' } } }, 'd/r0'],
    [{ connections: { labels: { team: 'ops' } } }, 'no'],
    [{ connections: { labels: { tier: '*' } } }, 'no'],
    [{ grants: { actions: ['scale'], policies: ['oncall'], ticket: true } }, 'd/r0'],
    [{ grants: { approvedByHuman: false } }, 'no'],
    [{ grants: { actions: [''] } }, 'no'],
    [{ times: [{ days: ['mon'], hours: '10:00-10:06' }] }, 'd/r0'],
    [{ times: [{ hours: '10:00-10:05' }] }, 'no'],
    [{ times: [{ hours: '11:05-11:06', timeZone: 'Europe/Berlin' }] }, 'd/r0'],
    [{ times: [{ days: ['sun'], hours: '22:00-11:00' }] }, 'd/r0'],
    [{ times: [{ days: ['mon'], hours: '22:00-11:00' }] }, 'no'],
    [{ times: [{ days: ['sat', 'sun'] }, { days: ['mon'] }] }, 'd/r0'],
    [{ exec: { programs: ['*'] } }, 'no'],
  ])('%j: %s', (match, expected) => {
    expect(isMet(match, callOf())).toBe(expected);
  });

  it('looks at claims that are known', () => {
    const match = { agents: { claims: { '/a~1b/team': ['x', 'pay*'] } } };
    const withClaims = (claims: Record<string, unknown>) =>
      callOf({}, { agent: { ...callOf().agent, claims } });
    expect(isMet(match, withClaims({ 'a/b': { team: ['ops', 'payments'] } }))).toBe('d/r0');
    expect(isMet(match, withClaims({ 'a/b': { team: 'x' } }))).toBe('d/r0');
    expect(isMet(match, withClaims({ 'a/b': { team: { x: 'x' } } }))).toBe('no');
    expect(isMet(match, withClaims({}))).toBe('no');
  });

  it.each<[object, string[], string]>([
    [{ programs: ['rm'] }, ['sh', '-c', 'ls; rm x'], 'd/r0'],
    [{ programs: ['rm'] }, ['sh', '-c', 'ls $X'], 'no'],
    [{ programs: ['rm'] }, ['sh', '-c', '$X x'], 'd/r0 not_known'],
    [{ programs: ['rm'] }, ['sh', '/x.sh'], 'd/r0 not_known'],
    [{ programs: ['rm'], commands: [' -\\w*r'] }, ['rm', '-rf', 'x'], 'd/r0'],
    [{ programs: ['rm'], commands: [' -\\w*r'] }, ['rm', 'x'], 'no'],
    [{ programs: ['rm'], commands: [' -\\w*r'] }, ['sh', '-c', 'rm $X'], 'd/r0 not_known'],
    [{ programs: ['rm'], commands: [' -\\w*r'] }, ['sh', '-c', 'ls -r $X; rm x'], 'no'],
    [{ interactive: true }, ['bash'], 'd/r0'],
    [{ interactive: true }, ['ls'], 'no'],
    [{ interactive: true }, ['sh', '/x.sh'], 'd/r0 not_known'],
    [{ transfers: { directions: ['download'] } }, ['tar', 'cf', '-', '/etc'], 'd/r0'],
    [{ transfers: { directions: ['upload'] } }, ['tar', 'cf', '-', '/etc'], 'no'],
    [{ transfers: { paths: ['/etc/*'] } }, ['tar', 'cf', '-', '/etc/x'], 'd/r0'],
    [{ transfers: { paths: ['/etc/*'] } }, ['sh', '-c', 'cat > $X'], 'd/r0 not_known'],
    [{ transfers: {} }, ['ls'], 'no'],
    [{ tty: true, containers: ['web'] }, ['ls'], 'd/r0'],
    [{ tty: false }, ['ls'], 'no'],
  ])('exec %j of %j: %s', (exec, argv, expected) => {
    const call = callOf(
      { subresource: 'exec', name: 'web-0' },
      { exec: { argv, container: 'web', tty: true, stdin: true } },
    );
    expect(isMet({ exec }, call)).toBe(expected);
  });

  it('counts an exec of which nothing is known as meant', () => {
    const call = callOf({ subresource: 'exec', name: 'web-0' });
    expect(isMet({ exec: { programs: ['rm'] } }, call)).toBe('d/r0 not_known');
    const guardrails = guardrailsOf({ when: 'exec.argv.exists(word, word == "rm")' });
    expect(metOf(guardrails, call)).toEqual(['d/r0 expression_failed']);
  });

  it('takes paths apart from resources', () => {
    const path = callOf({}, { request: { kind: 'nonResource', verb: 'get', path: '/metrics' } });
    expect(isMet({ paths: ['/metrics*'] }, path)).toBe('d/r0');
    expect(isMet({ verbs: ['get'] }, path)).toBe('d/r0');
    expect(isMet({ resources: ['*'] }, path)).toBe('no');
    expect(isMet({ namespaces: ['*'] }, path)).toBe('no');
    expect(isMet({ paths: ['/healthz'] }, path)).toBe('no');
  });
});

describe('whose yes a held call takes', () => {
  const hold = { match: {}, action: 'hold' } as const;

  it('is what the rule says that asks the most humans', () => {
    const both = guardrailsOf(
      hold,
      { ...hold, approvers: { groups: ['dba'], count: 2 } },
      { ...hold, approvers: { groups: ['sre'], count: 1 } },
    );
    expect(decide(both, callOf({})).decidedBy).toMatchObject({
      rule: 'd/r1',
      approvers: { groups: ['dba'], count: 2 },
    });
  });

  it.each([
    ['deny', { count: 2 }, false],
    ['hold', { count: 2 }, true],
    ['hold', { groups: ['dba'] }, true],
    ['hold', { count: 0 }, false],
    ['hold', { groups: [] }, false],
  ])('may be said in a rule with %s: %j %s', (action, approvers, isFine) => {
    const rule = { name: 'one', match: {}, action, reason: 'because', approvers };
    expect(GuardrailRule.safeParse(rule).success).toBe(isFine);
  });
});

describe('a call under a grant that nobody approved', () => {
  const { grant } = callOf({});
  const atNight = callOf({}, { grant: { ...grant, breakGlass: true } });
  const passing = { match: {}, action: 'hold', breakGlass: 'pass', approvers: { count: 2 } };
  const masking = { match: {}, action: 'mask' };

  it('is recorded instead of held where the rule says so, and masked all the same', () => {
    const rails = guardrailsOf(passing, masking);
    expect(decide(rails, callOf({}))).toMatchObject({ effect: 'hold' });
    expect(decide(rails, atNight)).toMatchObject({
      effect: 'mask',
      matched: [
        { rule: 'd/r1', action: 'mask' },
        { rule: 'd/r0', action: 'recordOnly' },
      ],
    });
    expect(decide(guardrailsOf(passing), atNight)).toMatchObject({
      effect: 'recordOnly',
      decidedBy: { rule: 'd/r0', reason: 'because' },
    });
    const ordinary = callOf({}, { grant: { ...grant, breakGlass: false } });
    expect(decide(rails, ordinary).effect).toBe('hold');
  });

  it('is held and denied as any other where no rule says so', () => {
    expect(decide(guardrailsOf({ match: {}, action: 'hold' }), atNight).effect).toBe('hold');
    expect(decide(guardrailsOf(passing, { match: {}, action: 'hold' }), atNight).effect).toBe(
      'hold',
    );
    expect(decide(guardrailsOf(passing, { match: {}, action: 'deny' }), atNight).effect).toBe(
      'deny',
    );
  });

  it('is judged by its body, too', () => {
    const when = 'object.spec.replicas == 0';
    const rails = guardrailsOf({ ...passing, match: { verbs: ['patch'] }, when });
    const patch = callOf({ verb: 'patch' }, { grant: { ...grant, breakGlass: true } });
    expect(decide(rails, patch, { object: { spec: { replicas: 0 } } }).effect).toBe('recordOnly');
    // In doubt it would be held, and so it is recorded.
    expect(decide(rails, patch).matched).toMatchObject([
      { action: 'recordOnly', doubt: 'facts_missing' },
    ]);
  });

  it.each([
    ['hold', 'pass', true],
    ['deny', 'pass', false],
    ['mask', 'pass', false],
    ['hold', 'allow', false],
  ])('may be named in a rule with %s: %s %s', (action, breakGlass, isFine) => {
    const rule = { name: 'one', match: {}, action, reason: 'because', breakGlass };
    expect(GuardrailRule.safeParse(rule).success).toBe(isFine);
  });
});

describe('the decision', () => {
  const when = 'object.spec.replicas == 0';
  const scale = callOf({ verb: 'patch', resource: 'deployments', apiGroup: 'apps', name: 'web' });

  it('allows what no rule is about, and names the version', () => {
    const guardrails = guardrailsOf({ match: { verbs: ['delete'] } });
    expect(guardrails.judge(scale)).toStrictEqual({
      kind: 'decided',
      decision: { effect: 'allow', policyVersion: guardrails.version, matched: [] },
    });
  });

  it('is that of the most severe rule, and names all', () => {
    const actions = ['allow', 'recordOnly', 'hold', 'warn', 'deny', 'mask'];
    const rules = actions.map((action) => ({ name: action.toLowerCase(), action, match: {} }));
    const decision = decide(guardrailsOf(...rules), scale);
    expect(decision.matched.map(({ action }) => action)).toStrictEqual([
      ...['deny', 'hold', 'mask', 'warn', 'recordOnly', 'allow'],
    ]);
    expect(decision).toMatchObject({
      effect: 'deny',
      decidedBy: { rule: 'd/deny', reason: 'because' },
    });
    const milder = rules.filter(({ action }) => action !== 'deny');
    expect(decide(guardrailsOf(...milder), scale).effect).toBe('hold');
  });

  it('asks for the body only when a rule that is met by attributes needs it', () => {
    const guardrails = guardrailsOf({ match: { verbs: ['patch'] }, when });
    const judgement = guardrails.judge(scale);
    expect(judgement).toMatchObject({ kind: 'needsBody', facts: new Set(['object']) });
    expect(metOf(guardrails, scale, { object: { spec: { replicas: 0 } } })).toEqual(['d/r0']);
    expect(metOf(guardrails, scale, { object: { spec: { replicas: 1 } } })).toEqual([]);
    expect(guardrails.judge(callOf({ verb: 'get' })).kind).toBe('decided');
  });

  it('denies by attributes without looking at the body', () => {
    const guardrails = guardrailsOf({ when }, { match: { names: ['web'] } });
    expect(guardrails.judge(scale)).toMatchObject({
      kind: 'decided',
      decision: { effect: 'deny', decidedBy: { rule: 'd/r1' } },
    });
  });

  it('finds the name of a create in its body', () => {
    const guardrails = guardrailsOf({ match: { names: ['db-*'] } });
    const create = callOf({ verb: 'create' });
    expect(guardrails.judge(create)).toMatchObject({ facts: new Set(['object']) });
    expect(metOf(guardrails, create, { object: { metadata: { name: 'db-1' } } })).toEqual(['d/r0']);
    expect(metOf(guardrails, create, { object: { metadata: { name: 'web' } } })).toEqual([]);
    expect(metOf(guardrails, create, { object: { metadata: { generateName: 'x' } } })).toEqual([
      'd/r0 not_known',
    ]);
  });

  it.each<[string, BodyFacts, string]>([
    [when, {}, 'd/r0 facts_missing'],
    [when, { object: null }, 'd/r0 expression_failed'],
    [when, { object: { spec: {} } }, 'd/r0 expression_failed'],
    [when, { object: [[1]] }, 'd/r0 expression_failed'],
    [when, { object: Array(300_000).fill(0) }, 'd/r0 object_too_large'],
    [
      'object.all(x, object.all(y, x == y))',
      { object: Array(3_000).fill(0) },
      'd/r0 expression_too_costly',
    ],
    ['agent.claims["x"] == "y"', {}, 'd/r0 expression_failed'],
    ['exec.argv.exists(x, x == "rm")', {}, ''],
  ])('is no yes when it is in doubt: %s %#', (expression, facts, expected) => {
    expect(metOf(guardrailsOf({ when: expression }), scale, facts).join()).toBe(expected);
    const allowing = guardrailsOf({ when: expression, action: 'allow' });
    expect(metOf(allowing, scale, facts)).toEqual([]);
    const excepted = guardrailsOf({ match: {}, except: [{ when: expression }] });
    expect(metOf(excepted, scale, facts)).toEqual(['d/r0']);
  });

  it('spends one budget on all rules of a call', () => {
    const costly = { when: 'object.all(x, x == 0)' };
    const object = Array(20_000).fill(0);
    expect(
      metOf(guardrailsOf({ ...costly, match: { verbs: ['patch'] } }), scale, { object }),
    ).toEqual(['d/r0']);
    const many = guardrailsOf(...Array<object>(10).fill(costly));
    expect(metOf(many, scale, { object }).join()).toContain('expression_too_costly');
  });

  it('leaves out what is excepted', () => {
    const guardrails = guardrailsOf({
      match: { verbs: ['patch'] },
      except: [{ match: { agents: { groups: ['deployers'] } } }, { when: 'has(object.ok)' }],
    });
    expect(metOf(guardrails, scale, { object: {} })).toEqual(['d/r0']);
    expect(metOf(guardrails, scale, { object: { ok: 1 } })).toEqual([]);
    const agent = { ...scale.agent, groups: ['deployers'] };
    expect(metOf(guardrails, { ...scale, agent }, {})).toEqual([]);
  });

  it('tells nothing of the body in its reasons', () => {
    const guardrails = guardrailsOf({
      when: 'object.data.password.startsWith(1 == 1 ? "x" : "y") && object.data.nope == "CANARY"',
    });
    const decision = decide(guardrails, scale, { object: { data: { password: 'xCANARY' } } });
    expect(JSON.stringify(decision)).not.toContain('xCANARY');
    expect(decision.effect).toBe('deny');
  });

  it('never throws, and never allows what a deny of everything is about', () => {
    const anything = fc.anything({
      withNullPrototype: true,
      withBigInt: true,
      withDate: true,
      withMap: true,
    });
    const guardrails = guardrailsOf({
      match: { verbs: ['*'] },
      when: 'object == null || object != null',
    });
    fc.assert(
      fc.property(anything, fc.string(), fc.string(), (object, verb, resource) => {
        const call = callOf({ verb, resource });
        expect(decide(guardrails, call, { object }).effect).toBe('deny');
      }),
    );
  });
});

describe('the version', () => {
  it('changes with any meaning, and with nothing else', () => {
    const one = documentOf({ match: { verbs: ['get'] } });
    const other = { ...one, metadata: { ...one.metadata, name: 'e' } };
    const versionOf = (...documents: (typeof one)[]) => compileGuardrails(documents).version;
    expect(versionOf(one)).toMatch(/^[0-9a-f]{12}$/);
    expect(versionOf(one, other)).toBe(versionOf(other, one));
    const moved = { ...one, source: { file: 'x', line: 7, column: 1 } };
    expect(versionOf(moved)).toBe(versionOf(one));
    const versions = [
      versionOf(),
      versionOf(one),
      versionOf(one, other),
      versionOf(documentOf({ match: { verbs: ['list'] } })),
      versionOf(documentOf({ match: { verbs: ['get'] }, action: 'hold' })),
    ];
    expect(new Set(versions).size).toBe(versions.length);
  });
});

describe('what it costs', () => {
  it('is no search through the rules where none can be meant', () => {
    const rules = Array.from({ length: 200 }, (_, index) => ({
      match: { verbs: ['delete'], resources: [`r${index}`], names: ['x'] },
    }));
    const guardrails = guardrailsOf(...rules);
    const call = callOf();
    expect(guardrails.judge(call)).toBe(guardrails.judge(callOf({ name: 'other' })));
    for (let index = 0; index < 25_000; index += 1)
      guardrails.judge(callOf({ resource: `x${index}` }));
    expect(metOf(guardrails, callOf({ verb: 'delete', resource: 'r7', name: 'x' }))).toEqual([
      'd/r7',
    ]);
  });
});
