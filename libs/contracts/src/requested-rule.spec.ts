import { describe, expect, it } from 'vitest';
import { MatchLabels, NamePattern, RequestedRule } from './requested-rule.js';

const rule = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
const many = (count: number) =>
  Object.fromEntries(Array.from({ length: count }, (_, index) => [`key-${index}`, 'x']));

describe('a rule that is asked for', () => {
  it.each([
    { namespaces: ['payments'] },
    { namespaces: ['payments'], resourceNames: ['web'], resourceNamePatterns: ['web-*', '*-web'] },
    { namespaceSelector: { matchLabels: { team: 'payments' } } },
  ])('may be %j', (where) => {
    expect(RequestedRule.parse({ ...rule, ...where })).toStrictEqual({ ...rule, ...where });
  });

  it.each([
    ['nothing says where', {}, 'namespaces'],
    [
      'two say where',
      { namespaces: ['a'], namespaceSelector: { matchLabels: { team: 'a' } } },
      'namespaceSelector',
    ],
    ['expressions', { namespaceSelector: { matchExpressions: [] } }, 'namespaceSelector'],
    ['no label', { namespaceSelector: { matchLabels: {} } }, 'namespaceSelector'],
    ['no pattern', { namespaces: ['a'], resourceNamePatterns: [] }, 'resourceNamePatterns'],
  ])('is refused: %s', (_what, where, field) => {
    const { error } = RequestedRule.safeParse({ ...rule, ...where });
    expect(error?.issues.map(({ path: [first] }) => first)).toContain(field);
  });
});

describe('a pattern of names', () => {
  it.each(['web*', '*web', 'checkout-*', '*.corp.test'])('may be %s', (pattern) => {
    expect(NamePattern.safeParse(pattern).success).toBe(true);
  });

  it.each([
    '*',
    'we*',
    '*we',
    'w*b',
    'web',
    '**web',
    'web**',
    'web*x',
    'web *',
    '*web*',
    'a/b*',
    'web*\n',
  ])('is not %j', (pattern) => expect(NamePattern.safeParse(pattern).success).toBe(false));
});

describe('labels', () => {
  it.each<[Record<string, string>]>([
    [{ team: 'payments' }],
    [{ 'corp.test/team': '' }],
    [{ 'kubernetes.io/metadata.name': 'payments' }],
    [many(10)],
  ])('may be %j', (labels) => {
    expect(MatchLabels.safeParse(labels).success).toBe(true);
  });

  it.each<[Record<string, string>]>([
    [{ team: 'payments,tier=web' }],
    [{ team: 'a b' }],
    [{ team: 'a\n' }],
    [{ team: '-a' }],
    [{ team: 'x'.repeat(64) }],
    [{ 'team,tier': 'a' }],
    [{ '!team': 'a' }],
    [{ 'team in (a)': '' }],
    [{ '': 'a' }],
    [{ 'a/b/c': 'a' }],
    [{ 'Corp.test/team': 'a' }],
    [JSON.parse('{"__proto__":"a"}') as Record<string, string>],
    [many(11)],
  ])('are not %j', (labels) => {
    expect(MatchLabels.safeParse(labels).success).toBe(false);
  });
});
