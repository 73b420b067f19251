import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { fillPlaceholders, placeholdersOf } from './fill-placeholders.js';

const rules: Rule[] = [
  { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['{namespace}', 'x{y}'] },
  {
    verbs: ['patch'],
    apiGroups: ['apps'],
    resources: ['deployments'],
    namespaces: ['{namespace}'],
    resourceNames: ['{deployment}', 'fixed', '{namespace}'],
  },
];

describe('placeholders', () => {
  it('are found with the places where they stand', () => {
    expect(Object.fromEntries(placeholdersOf(rules))).toStrictEqual({
      namespace: new Set(['namespace', 'resourceName']),
      deployment: new Set(['resourceName']),
    });
  });

  it('are replaced as whole words', () => {
    expect(
      fillPlaceholders(rules, { namespace: 'payments', deployment: 'checkout' }),
    ).toStrictEqual([
      { ...rules[0], namespaces: ['payments', 'x{y}'] },
      { ...rules[1], namespaces: ['payments'], resourceNames: ['checkout', 'fixed', 'payments'] },
    ]);
  });

  it('are replaced once: a value is never read as a placeholder', () => {
    const filled = fillPlaceholders(rules, { namespace: '{deployment}', deployment: 'checkout' });
    expect(filled[1]?.namespaces).toStrictEqual(['{deployment}']);
  });

  it.each([
    {},
    { namespace: 'payments' },
    Object.create({ namespace: 'a', deployment: 'b' }) as object,
  ])('without a value are an error', (parameters) => {
    expect(() => fillPlaceholders(rules, { ...parameters })).toThrow('has no value');
  });
});
