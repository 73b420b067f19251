import { describe, expect, it } from 'vitest';
import type { RequestedRule, ResolvedNames, Rule } from '@drawbridge/contracts';
import { parseLabels } from './parse-labels.js';
import {
  describeResolved,
  isSelective,
  matchesPattern,
  patternsText,
  plainRules,
  selectorText,
} from './plain-rules.js';

const base = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const byLabels: RequestedRule = {
  ...base,
  namespaceSelector: { matchLabels: { tier: 'web', team: 'payments' } },
};
const namespaces = (names: string[]): ResolvedNames => ({
  field: 'namespaces',
  asked: 'team=payments,tier=web',
  names,
});
const pods = (namespace: string, names: string[], asked = 'web-*'): ResolvedNames => ({
  ...{ field: 'resourceNames', kind: 'pods', asked, namespace, names },
});

describe('rules that name everything', () => {
  it('are those that name everything already', () => {
    const rules: Rule[] = [
      { ...base, namespaces: ['*'] },
      { ...base, namespaces: ['a'], resourceNames: ['web'] },
    ];
    expect(plainRules(rules, [])).toStrictEqual(rules);
    expect(rules.some(isSelective)).toBe(false);
  });

  it('have the namespaces that labels stand for', () => {
    expect(isSelective(byLabels)).toBe(true);
    expect(plainRules([byLabels], [namespaces(['a', 'b'])])).toStrictEqual([
      { ...base, namespaces: ['a', 'b'] },
    ]);
  });

  it('have names only where they were found', () => {
    const rule = { ...base, namespaces: ['a', 'b', 'c', 'd'], resourceNamePatterns: ['web-*'] };
    const resolved = [pods('a', ['web-1']), pods('b', ['web-2', 'web-1']), pods('c', ['web-1'])];
    expect(plainRules([rule], resolved)).toStrictEqual([
      { ...base, namespaces: ['a', 'c'], resourceNames: ['web-1'] },
      { ...base, namespaces: ['b'], resourceNames: ['web-1', 'web-2'] },
    ]);
    const named = { ...rule, resourceNames: ['db'] };
    expect(plainRules([named], [pods('a', ['web-1'])])).toStrictEqual([
      { ...base, namespaces: ['a'], resourceNames: ['db', 'web-1'] },
      { ...base, namespaces: ['b', 'c', 'd'], resourceNames: ['db'] },
    ]);
  });

  it.each<[string, RequestedRule, ResolvedNames[]]>([
    ['nobody looked', byLabels, []],
    ['nothing was found', byLabels, [namespaces([])]],
    ['it was found for objects', byLabels, [{ ...namespaces(['a']), field: 'resourceNames' }]],
    [
      'it was found for objects of another kind',
      { ...base, apiGroups: ['apps'], namespaces: ['a'], resourceNamePatterns: ['web-*'] },
      [pods('a', ['web-1'])],
    ],
    ['it was found for other labels', byLabels, [{ ...namespaces(['a']), asked: 'team=payments' }]],
    [
      'it was found for other patterns',
      { ...base, namespaces: ['a'], resourceNamePatterns: ['web-*'] },
      [pods('a', ['db-1'], 'db-*')],
    ],
    [
      'it was found elsewhere',
      { ...base, namespaces: ['a'], resourceNamePatterns: ['web-*'] },
      [pods('b', ['web-1'])],
    ],
  ])('are none where %s', (_when, rule, resolved) => {
    expect(plainRules([rule], resolved)).toStrictEqual([]);
  });
});

describe('a pattern', () => {
  it.each([
    ['web-*', 'web-1', true],
    ['web-*', 'web-', true],
    ['web-*', 'my-web-1', false],
    ['*-web', 'my-web', true],
    ['*-web', 'my-web-1', false],
    ['web.*', 'web-1', false],
    ['web-1', 'web-1', false],
    ['w*b*', 'web', false],
    ['***', 'web', false],
  ])('%s means %s: %s', (pattern, name, isMeant) => {
    expect(matchesPattern(pattern, name)).toBe(isMeant);
  });
});

describe('words', () => {
  it('are the same for the same labels and patterns', () => {
    expect(selectorText({ b: '', a: 'x' })).toBe('a=x,b=');
    expect(patternsText(['web-*', '*-db', 'web-*'])).toBe('*-db or web-*');
    expect(describeResolved(namespaces(['a', 'b']))).toBe(
      'namespaces with team=payments,tier=web: a, b',
    );
    expect(describeResolved(pods('a', []))).toBe('pods web-* in a: none');
  });

  it.each(['team', 'team=a,team=b', 'team=a,', '=a', 'team=a b', 'team=a,tier', ''])(
    '%j are no labels',
    (text) => expect(parseLabels(text)).toBeUndefined(),
  );

  it('are labels as kubectl writes them', () => {
    expect(parseLabels('corp.test/team=a,tier=')).toStrictEqual({
      'corp.test/team': 'a',
      tier: '',
    });
  });
});
