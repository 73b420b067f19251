import type { Rule } from '@drawbridge/contracts';
import { allows, namesAllowed, within } from '@drawbridge/scope';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { atomsOf, rulesOf } from './narrower-rules.js';
import { resourceWord, unusedWords, type UsedCalls } from './used-calls.js';

const used = (change: Partial<UsedCalls>): UsedCalls => ({
  ...{ verb: 'get', apiGroup: 'apps', resource: 'deployments', subresource: '' },
  ...{ namespace: 'payments', names: ['checkout'], calls: 1 },
  ...change,
});
const wide: Rule = {
  verbs: ['get', 'list', 'patch'],
  apiGroups: ['apps', ''],
  resources: ['deployments', 'pods', 'pods/log'],
  namespaces: ['payments', 'default'],
};

describe('the narrower rules', () => {
  it('allow what was used: verbs, resources, namespaces, and objects whose names last', () => {
    const calls = [
      used({}),
      used({ verb: 'patch' }),
      used({ apiGroup: '', resource: 'pods', names: ['checkout-7d9f-x'] }),
      used({ apiGroup: '', resource: 'pods', subresource: 'log', names: ['checkout-7d9f-x'] }),
      used({ verb: 'list', names: [''] }),
    ];
    expect(rulesOf(atomsOf([wide], calls))).toEqual([
      {
        verbs: ['get', 'patch'],
        apiGroups: ['apps'],
        resources: ['deployments'],
        namespaces: ['payments'],
        resourceNames: ['checkout'],
      },
      {
        verbs: ['get'],
        apiGroups: [''],
        resources: ['pods', 'pods/log'],
        namespaces: ['payments'],
      },
      {
        verbs: ['list'],
        apiGroups: ['apps'],
        resources: ['deployments'],
        namespaces: ['payments'],
      },
    ]);
  });

  it('name the objects of a rule that names them, for a list too', () => {
    const named = { ...wide, resourceNames: ['checkout', 'cart'] };
    expect(rulesOf(atomsOf([named], [used({ verb: 'list', names: [''] })]))).toMatchObject([
      { verbs: ['list'], resourceNames: ['cart', 'checkout'] },
    ]);
    expect(rulesOf(atomsOf([named], [used({})]))).toMatchObject([{ resourceNames: ['checkout'] }]);
  });

  it('hold no name that is none, whatever was called', () => {
    const calls = [used({ names: ['=cmd\n- evil: true'] })];
    expect(rulesOf(atomsOf([wide], calls))?.[0]).not.toHaveProperty('resourceNames');
  });

  it('are none when nothing was used, and when they would be too many', () => {
    expect(rulesOf(atomsOf([wide], []))).toBeUndefined();
    const many = Array.from({ length: 60 }, (_, n) =>
      used({ verb: `verb${n}`, resource: `things${n}`, namespace: `ns${n}` }),
    );
    const any = { ...wide, verbs: ['*'], resources: ['*'], namespaces: ['*'], apiGroups: ['*'] };
    expect(rulesOf(atomsOf([any], many))).toBeUndefined();
  });

  const word = (...words: string[]) => fc.constantFrom(...words);
  const words = (...all: string[]) => fc.subarray(all, { minLength: 1 });
  const rule = fc.record(
    {
      verbs: words('get', 'list', 'patch', 'create', '*'),
      apiGroups: words('', 'apps', '*'),
      resources: words('pods', 'pods/log', 'deployments', 'secrets', '*', '*/scale'),
      namespaces: words('a', 'b', '*'),
      resourceNames: words('x', 'y'),
    },
    { requiredKeys: ['verbs', 'apiGroups', 'resources', 'namespaces'] },
  );
  const call = fc.record({
    verb: word('get', 'list', 'patch', 'create'),
    apiGroup: word('', 'apps'),
    resource: word('pods', 'deployments', 'secrets'),
    subresource: word('', '', 'log', 'scale'),
    namespace: word('', 'a', 'b'),
    names: fc.subarray(['', 'x', 'y', 'z'], { minLength: 1 }),
    calls: fc.constant(1),
  });

  /** `all`, or the names that a list would show. */
  const reachOf = (rules: readonly Rule[], one: UsedCalls & { name: string }): string =>
    allows(rules, one) ? 'all' : namesAllowed(rules, one).sort().join();

  it('allow every call that was made, and nothing that the grant did not', () => {
    fc.assert(
      fc.property(fc.array(rule, { minLength: 1, maxLength: 3 }), fc.array(call), (rules, all) => {
        const isAllowed = (one: UsedCalls, name: string) =>
          allows(rules, { ...one, name }) ||
          (name === '' && namesAllowed(rules, { ...one, name }).length > 0);
        const made = all
          .map((one) => ({ ...one, names: one.names.filter((name) => isAllowed(one, name)) }))
          .filter(({ names }) => names.length > 0);
        const narrow = rulesOf(atomsOf(rules, made));
        if (made.length === 0) {
          expect(narrow).toBeUndefined();
          return;
        }
        expect(narrow).toBeDefined();
        expect(within(narrow ?? [], rules)).toBe(true);
        for (const one of made) {
          for (const name of one.names) {
            expect(reachOf(narrow ?? [], { ...one, name })).toBe(reachOf(rules, { ...one, name }));
          }
        }
        const kinds = new Set(made.map((one) => `${one.verb} ${resourceWord(one)}`));
        const allowed = (narrow ?? []).flatMap(({ verbs, resources }) =>
          verbs.flatMap((verb) => resources.map((resource) => `${verb} ${resource}`)),
        );
        expect(new Set(allowed)).toEqual(kinds);
      }),
    );
  });
});

describe('unused words', () => {
  it('are those that no call needed', () => {
    expect(unusedWords([{ ...wide, resourceNames: ['checkout', 'cart'] }], [used({})])).toEqual({
      verbs: ['list', 'patch'],
      resources: ['pods', 'pods/log'],
      namespaces: ['default'],
      names: ['cart'],
    });
  });

  it('are no names where a list showed them all, and no * that cluster-scoped calls need', () => {
    const rules = [{ ...wide, namespaces: ['*'], resourceNames: ['checkout', 'cart'] }];
    const list = [used({ verb: 'list', names: [''], namespace: '' })];
    expect(unusedWords(rules, list)).toMatchObject({ namespaces: [], names: [] });
    expect(unusedWords(rules, [used({})])).toMatchObject({ namespaces: ['*'], names: ['cart'] });
  });
});
