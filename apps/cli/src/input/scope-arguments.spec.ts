import { describe, expect, it } from 'vitest';
import { parseScope, type ScopeArguments } from './scope-arguments.js';

const parse = (given: Partial<ScopeArguments>) =>
  parseScope({ param: [], rule: [], namespaceLabel: [], namePattern: [], targets: [], ...given });

describe('an action', () => {
  it('takes parameters, the namespace and targets', () => {
    expect(
      parse({
        action: 'rollout-restart',
        namespace: 'payments',
        targets: ['deployment/checkout'],
        param: ['note=a=b'],
      }),
    ).toStrictEqual({
      action: 'rollout-restart',
      parameters: { namespace: 'payments', deployment: 'checkout', note: 'a=b' },
    });
  });

  it('may have none', () => {
    expect(parse({ action: 'view' })).toStrictEqual({ action: 'view', parameters: {} });
  });

  it('may have parameters of any name', () => {
    const { parameters } = parse({ action: 'view', param: ['constructor=x'] }) as {
      parameters: object;
    };
    expect(Object.entries(parameters)).toEqual([['constructor', 'x']]);
  });
});

describe('rules', () => {
  it('are lists behind names, with the core group and --namespace as defaults', () => {
    expect(
      parse({
        namespace: 'payments',
        rule: [
          'verbs=get,list,resources=pods,pods/log',
          'verbs=patch,apiGroups=apps,core,resources=deployments,namespaces=a,b,names=checkout',
        ],
      }),
    ).toStrictEqual({
      rules: [
        {
          verbs: ['get', 'list'],
          resources: ['pods', 'pods/log'],
          apiGroups: [''],
          namespaces: ['payments'],
        },
        {
          verbs: ['patch'],
          resources: ['deployments'],
          apiGroups: ['apps', ''],
          namespaces: ['a', 'b'],
          resourceNames: ['checkout'],
        },
      ],
    });
  });
});

describe('labels and patterns', () => {
  const byLabels = { namespaceSelector: { matchLabels: { team: 'payments', tier: '' } } };
  const namespaceLabel = ['team=payments', 'tier='];

  it('say which namespaces and names every rule is about, but for one that says it itself', () => {
    const rule = ['verbs=get,resources=pods', 'verbs=get,resources=pods,namespaces=a'];
    const common = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    const patterns = { resourceNamePatterns: ['checkout-*'] };
    expect(parse({ rule, namespaceLabel, namePattern: ['checkout-*'] })).toStrictEqual({
      rules: [
        { ...common, ...byLabels, ...patterns },
        { ...common, namespaces: ['a'], ...patterns },
      ],
    });
  });

  it('are parameters of an action', () => {
    const asked = { action: 'logs', namespaceLabel, targets: ['pod/checkout-*'] };
    expect(parse(asked)).toStrictEqual({
      action: 'logs',
      parameters: { namespace: 'team=payments,tier=', pod: 'checkout-*' },
    });
  });
});

describe('what is refused', () => {
  it.each<[string, Partial<ScopeArguments>, RegExp]>([
    ['neither action nor rule', {}, /--action/],
    ['both', { action: 'view', rule: ['verbs=get,resources=pods'] }, /not both/],
    [
      'a target without a name',
      { action: 'view', targets: ['deployment'] },
      /deployment\/checkout/,
    ],
    ['a target with an empty name', { action: 'view', targets: ['deployment/'] }, /target/],
    ['a parameter without a value', { action: 'view', param: ['a'] }, /name=value/],
    ['a parameter twice', { action: 'view', namespace: 'a', param: ['namespace=b'] }, /twice/],
    ['parameters of a rule', { rule: ['verbs=get'], param: ['a=b'] }, /--param/],
    ['targets of a rule', { rule: ['verbs=get'], targets: ['pod/x'] }, /pod\/x/],
    ['a rule without a name', { rule: ['get,list'] }, /verbs=/],
    ['a rule with an unknown name', { rule: ['verbs=get,pods=x'] }, /no "pods"/],
    ['a rule with a name of Object', { rule: ['constructor=get'] }, /no "constructor"/],
    ['a list twice', { rule: ['verbs=get,verbs=list'] }, /twice/],
    ['a rule without verbs', { rule: ['resources=pods,namespaces=a'] }, /verbs/],
    ['a rule without namespaces', { rule: ['verbs=get,resources=pods'] }, /namespaces/],
    ['a namespace two ways', { action: 'a', namespace: 'b', namespaceLabel: ['c=d'] }, /not both/],
    ['a label that is none', { action: 'a', namespaceLabel: ['team'] }, /key=value/],
    ['a label twice', { action: 'a', namespaceLabel: ['c=d', 'c=e'] }, /each key once/],
    [
      'two labels in one',
      { rule: ['verbs=get,resources=pods'], namespaceLabel: ['c in (d)'] },
      /key=value/,
    ],
    ['a pattern of an action', { action: 'a', namePattern: ['web-*'] }, /belongs to --rule/],
    [
      'a pattern of two characters',
      { rule: ['verbs=get,resources=pods,namespaces=a'], namePattern: ['we*'] },
      /3 characters/,
    ],
    ['an empty word', { rule: ['verbs=get,,resources=pods,namespaces=a'] }, /verbs/],
  ])('%s', (_, given, message) => {
    expect(() => parse(given)).toThrow(
      expect.objectContaining({
        code: 'usage_invalid',
        message: expect.stringMatching(message) as string,
      }) as Error,
    );
  });
});
