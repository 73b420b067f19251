import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { allows } from './allows.js';
import { keepWithin } from './keep-within.js';
import { within } from './within.js';

const words = (...all: string[]) => fc.subarray(all, { minLength: 1 });
const rule: fc.Arbitrary<Rule> = fc
  .record({
    verbs: words('get', 'list', '*'),
    apiGroups: words('', 'apps'),
    resources: words('pods', 'pods/log', '*'),
    namespaces: words('a', 'b', '*'),
    names: fc.option(words('x', 'y', 'z')),
  })
  .map(({ names, ...rest }) => ({ ...rest, ...(names !== null && { resourceNames: names }) }));
const rules = fc.array(rule, { minLength: 1, maxLength: 4 });
const world = ['get', 'list'].flatMap((verb) =>
  ['', 'log'].flatMap((subresource) =>
    ['a', 'b', ''].flatMap((namespace) =>
      ['x', 'z', ''].flatMap((name) =>
        ['', 'apps'].map((apiGroup) => ({
          ...{ verb, apiGroup, resource: 'pods', subresource, namespace, name },
        })),
      ),
    ),
  ),
);

describe('what is left of rules', () => {
  it('is exactly what both allow', () => {
    fc.assert(
      fc.property(rules, rules, (some, limit) => {
        const kept = keepWithin(some, limit);
        if (kept === undefined) return;
        for (const call of world) {
          expect(allows(kept, call)).toBe(allows(some, call) && allows(limit, call));
        }
        expect(within(kept, some) && within(kept, limit)).toBe(true);
      }),
    );
  });

  it('is unchanged where nothing has to change', () => {
    fc.assert(
      fc.property(rules, rules, (some, others) => {
        expect(keepWithin(some, [...others, ...some])).toStrictEqual(some);
      }),
    );
  });

  it('says nothing twice', () => {
    const pods = { verbs: ['get'], apiGroups: [''], resources: ['pods'] };
    const limit = [
      { ...pods, namespaces: ['a'] },
      { ...pods, verbs: ['get', 'list'], namespaces: ['a', 'c'] },
    ];
    expect(keepWithin([{ ...pods, namespaces: ['a', 'b'] }], limit)).toStrictEqual([
      { ...pods, namespaces: ['a'] },
    ]);
    expect(keepWithin([{ ...pods, namespaces: ['b'] }], limit)).toStrictEqual([]);
  });

  it('is not told when it takes too many rules', () => {
    const one = (name: string): Rule => ({
      ...{ verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: [name] },
    });
    const all = Array.from({ length: 51 }, (_, index) => one(`n${index}`));
    const [first] = all;
    const wide = { ...one('a'), namespaces: all.flatMap(({ namespaces }) => namespaces) };
    expect(keepWithin([wide, { ...wide, verbs: ['list'] }], all)).toBeUndefined();
    expect(keepWithin([wide], first === undefined ? [] : [first])).toHaveLength(1);
  });
});
