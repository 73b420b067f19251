import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { allCalls, anyRule, anyRules } from '../test/arbitraries.js';
import { allows } from './allows.js';
import { intersectRules } from './intersect-rules.js';
import { within } from './within.js';

describe('what two lists of rules both allow', () => {
  it('is exactly the calls that both allow, in a small world', () => {
    let met = 0;
    fc.assert(
      fc.property(anyRules, anyRules, (one, other) => {
        const both = intersectRules(one, other);
        if (both === undefined) throw new Error('so few rules always meet');
        for (const call of allCalls) {
          const wanted = allows(one, call) && allows(other, call);
          if (wanted) met += 1;
          expect(allows(both, call)).toBe(wanted);
        }
      }),
      { numRuns: 150 },
    );
    expect(met).toBeGreaterThan(1000);
  });

  it('lies within both, in whatever order', () =>
    fc.assert(
      fc.property(anyRules, anyRules, (one, other) => {
        for (const both of [intersectRules(one, other), intersectRules(other, one)]) {
          expect(within(both ?? [], one) && within(both ?? [], other)).toBe(true);
        }
      }),
      { numRuns: 500 },
    ));

  it('is not told where it takes too many rules', () => {
    const [many] = fc.sample(fc.array(anyRule, { minLength: 8, maxLength: 8 }), 1);
    const any = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
    const rules = Array.from({ length: 50 }, () => any);
    expect(intersectRules(rules, [any])).toHaveLength(50);
    expect(intersectRules(rules, [any, ...(many ?? [])])).toBeUndefined();
  });
});
