import { within, type ApprovedTerms } from '@drawbridge/scope';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canNarrow, chosenNarrowing, narrowingOffer } from './narrowing-choice.js';

const rule = (resource: string, ...namespaces: string[]) => ({
  verbs: ['get'],
  apiGroups: [''],
  resources: [resource],
  namespaces,
});
const terms: ApprovedTerms = {
  durationSeconds: 1800,
  rules: [rule('pods', 'payments', 'billing'), rule('services', 'payments')],
};

describe('what can be taken away', () => {
  it('are shorter times, rules and namespaces', () =>
    expect(narrowingOffer(terms)).toEqual({
      durations: [900, 600, 300, 60],
      rules: terms.rules,
      namespaces: ['payments', 'billing'],
    }));

  it('is nothing of one rule in one namespace for a minute', () =>
    expect(canNarrow({ durationSeconds: 60, rules: [rule('pods', 'payments')] })).toBe(false));

  it('are no namespaces where they are not named', () =>
    expect(narrowingOffer({ ...terms, rules: [rule('pods', '*', 'payments')] }).namespaces).toEqual(
      [],
    ));
});

describe('what is chosen', () => {
  it.each([
    { what: 'a shorter time', choice: { durationSeconds: 600 }, left: { durationSeconds: 600 } },
    { what: 'one rule', choice: { rules: [1] }, left: { rules: [rule('services', 'payments')] } },
    {
      what: 'one namespace',
      choice: { namespaces: [0] },
      left: { rules: [rule('pods', 'payments'), rule('services', 'payments')] },
    },
    {
      what: 'the other, in which a rule has nothing to do',
      choice: { namespaces: [1] },
      left: { rules: [rule('pods', 'billing')] },
    },
    { what: 'all', choice: { rules: [0, 1], namespaces: [0, 1] }, left: {} },
    { what: 'nothing', choice: {}, left: {} },
  ])('leaves the rest: $what', ({ choice, left }) =>
    expect(chosenNarrowing(terms, choice)).toEqual(left),
  );

  it.each([
    { what: 'no rule', choice: { rules: [] } },
    { what: 'no namespace', choice: { namespaces: [] } },
    { what: 'a rule where it has nothing to do', choice: { rules: [1], namespaces: [1] } },
    { what: 'a time that was not offered', choice: { durationSeconds: 700 } },
    { what: 'a longer time', choice: { durationSeconds: 3600 } },
    { what: 'a rule that is not there', choice: { rules: [0, 2] } },
    { what: 'a namespace that is not there', choice: { namespaces: [5] } },
  ])('is refused: $what', ({ choice }) => expect(chosenNarrowing(terms, choice)).toBeUndefined());

  it('is never more than there was', () => {
    const names = fc.uniqueArray(fc.constantFrom('a', 'b', 'c', '*'), { minLength: 1 });
    const rules = fc.array(
      fc.tuple(fc.constantFrom('pods', 'services'), names).map(([kind, ns]) => rule(kind, ...ns)),
      { minLength: 1, maxLength: 4 },
    );
    const positions = fc.option(fc.array(fc.integer({ min: -1, max: 5 })), { nil: undefined });
    const property = fc.property(
      fc.record({ durationSeconds: fc.integer({ min: 30, max: 90_000 }), rules }),
      fc.record({
        durationSeconds: fc.option(fc.integer({ min: 1, max: 90_000 }), { nil: undefined }),
        rules: positions,
        namespaces: positions,
      }),
      (given, choice) => {
        const left = chosenNarrowing(given, choice);
        if (left === undefined) return;
        expect(left.durationSeconds ?? 0).toBeLessThan(given.durationSeconds);
        expect(within(left.rules ?? given.rules, given.rules)).toBe(true);
      },
    );
    fc.assert(property, { numRuns: 500 });
  });
});
