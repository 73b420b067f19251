import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { allCalls, anyRules } from '../test/arbitraries.js';
import { allows } from './allows.js';
import { partOutside, within } from './within.js';

const rule = (more: Partial<Rule> = {}): Rule => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: ['pods'],
  namespaces: ['payments'],
  ...more,
});

describe('rules within rules', () => {
  it.each<{ what: string; inner?: Partial<Rule>; outer: Partial<Rule>[]; fits: boolean }>([
    { what: 'the same', outer: [{}], fits: true },
    { what: 'something in nothing', outer: [], fits: false },
    { what: 'any verb in one', inner: { verbs: ['*'] }, outer: [{}], fits: false },
    { what: 'one verb in any', outer: [{ verbs: ['*'] }], fits: true },
    { what: 'any resource in one', inner: { resources: ['*'] }, outer: [{}], fits: false },
    {
      what: 'a subresource in its resource',
      inner: { resources: ['pods/log'] },
      outer: [{}],
      fits: false,
    },
    {
      what: 'a subresource in that of any resource',
      inner: { resources: ['pods/log'] },
      outer: [{ resources: ['*/log'] }],
      fits: true,
    },
    {
      what: 'a subresource of any resource in that of one',
      inner: { resources: ['*/log'] },
      outer: [{ resources: ['pods/log'] }],
      fits: false,
    },
    {
      what: 'a subresource of any resource in any resource',
      inner: { resources: ['*/log'] },
      outer: [{ resources: ['*'] }],
      fits: true,
    },
    { what: 'any name in one', outer: [{ resourceNames: ['p'] }], fits: false },
    { what: 'one name in any', inner: { resourceNames: ['p'] }, outer: [{}], fits: true },
    { what: 'every namespace in one', inner: { namespaces: ['*'] }, outer: [{}], fits: false },
    { what: 'one namespace in every', outer: [{ namespaces: ['*'] }], fits: true },
    {
      what: 'two verbs that two rules allow',
      inner: { verbs: ['get', 'list'] },
      outer: [{}, { verbs: ['list'] }],
      fits: true,
    },
    {
      what: 'a verb and a namespace that no one rule allows together',
      inner: { verbs: ['get', 'list'], namespaces: ['payments', 'b'] },
      outer: [{}, { verbs: ['list'], namespaces: ['b'] }],
      fits: false,
    },
  ])('$what: $fits', ({ inner = {}, outer, fits }) => {
    expect(
      within(
        [rule(inner)],
        outer.map((more) => rule(more)),
      ),
    ).toBe(fits);
  });

  it('says yes exactly when every call is allowed by one rule', () => {
    fc.assert(
      fc.property(anyRules, anyRules, (inner, outer) => {
        const everyCall = allCalls.every((call) => !allows(inner, call) || allows(outer, call));
        expect(within(inner, outer)).toBe(everyCall);
      }),
      { numRuns: 1_500 },
    );
  });

  it('names a part that is asked for and not allowed at all', () => {
    fc.assert(
      fc.property(anyRules, anyRules, (inner, outer) => {
        const found = partOutside(inner, outer);
        fc.pre(found !== undefined);
        const { index, part } = found;
        expect(within(inner.slice(0, index), outer)).toBe(true);
        expect(within([part], inner.slice(index, index + 1))).toBe(true);
        const calls = allCalls.filter((call) => allows([part], call));
        expect(calls.every((call) => allows(inner, call))).toBe(true);
        expect(calls.some((call) => !allows(outer, call))).toBe(true);
        for (const words of Object.values(part)) expect(words).toHaveLength(1);
      }),
      { numRuns: 1_500 },
    );
  });

  it('gives up with a no, soon, on rules made to be split for ever', () => {
    const words = (prefix: string, count: number) =>
      Array.from({ length: count }, (_, index) => `${prefix}${index}`);
    const wide = rule({
      verbs: words('v', 100),
      apiGroups: words('g', 50),
      resources: words('r', 100),
      namespaces: words('n', 100),
      resourceNames: words('o', 100),
    });
    // Each outer rule leaves out one verb, so that no half ever fits as a whole.
    const outer = wide.verbs.slice(0, 50).map((_, index) => ({
      ...wide,
      verbs: wide.verbs.toSpliced(index, 1),
      namespaces: [wide.namespaces[index] ?? ''],
    }));
    const start = performance.now();
    expect(
      within(
        Array.from({ length: 50 }, () => wide),
        outer,
      ),
    ).toBe(false);
    // Otherwise it would be minutes, or years.
    expect(performance.now() - start).toBeLessThan(20_000);
  });
});
