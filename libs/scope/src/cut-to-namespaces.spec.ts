import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { allCalls, anyRules } from '../test/arbitraries.js';
import { allows } from './allows.js';
import { cutToNamespaces, namespacesOutside } from './cut-to-namespaces.js';

const rule = (...namespaces: string[]): Rule => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: ['pods'],
  namespaces,
});

describe('cutting rules to namespaces', () => {
  it.each([
    {
      does: 'keeps what is inside',
      asked: ['a'],
      allowed: ['a', 'b'],
      cut: [rule('a')],
      outside: [],
    },
    {
      does: 'drops what is outside',
      asked: ['a', 'x'],
      allowed: ['a'],
      cut: [rule('a')],
      outside: ['x'],
    },
    {
      does: 'turns everywhere into the namespaces',
      asked: ['*'],
      allowed: ['a', 'b'],
      cut: [rule('a', 'b')],
      outside: ['*'],
    },
    {
      does: 'leaves all where everywhere is allowed',
      asked: ['*', 'x'],
      allowed: ['*'],
      cut: [rule('*', 'x')],
      outside: [],
    },
    {
      does: 'leaves out a rule with nothing inside',
      asked: ['x', 'w'],
      allowed: ['a'],
      cut: [],
      outside: ['w', 'x'],
    },
  ])('$does', ({ asked, allowed, cut, outside }) => {
    expect(cutToNamespaces([rule(...asked)], allowed)).toStrictEqual(cut);
    expect(namespacesOutside([rule(...asked)], allowed)).toStrictEqual(outside);
  });

  it('allows exactly the calls that were allowed in these namespaces', () => {
    const anyNamespaces = fc.subarray(['*', 'a', 'b', 'c']);
    fc.assert(
      fc.property(anyRules, anyNamespaces, (rules, namespaces) => {
        const cut = cutToNamespaces(rules, namespaces);
        for (const call of allCalls) {
          const isInside = namespaces.includes('*') || namespaces.includes(call.namespace);
          expect(allows(cut, call)).toBe(allows(rules, call) && isInside);
        }
        const isCut = namespacesOutside(rules, namespaces).length > 0;
        if (!isCut) expect(cut).toStrictEqual(rules);
      }),
    );
  });
});
