import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessRequestInput, AutoApproveRule, Rule } from '@drawbridge/contracts';
import { plainRules, within } from '@drawbridge/scope';
import { agent, calm, oncall, policySet, request } from '../../test/story.js';
import { alternativeTo } from './alternative.js';
import type { Circumstances } from './circumstances.js';
import { judge } from './judge.js';
import type { Policy } from './policy-set.js';

const read: Rule = {
  verbs: ['get', 'list'],
  apiGroups: [''],
  resources: ['pods', 'pods/log'],
  namespaces: ['payments'],
};
const free: Policy = {
  ...oncall,
  name: 'free',
  actions: [],
  rules: [read],
  maxDurationSeconds: 600,
  ticket: { required: false },
  approval: { type: 'none' },
};
const asking: Policy = {
  ...oncall,
  name: 'asking',
  namespaces: ['*'],
  rules: [{ ...read, verbs: ['*'], resources: ['*'], namespaces: ['*'] }],
  maxDurationSeconds: 3600,
};
const offered = (
  ask: Partial<AccessRequestInput>,
  policies: readonly Policy[],
  more: Partial<Circumstances> = {},
) => {
  const plea = { request: { ...request, ...ask }, requester: agent };
  const set = policySet(...policies);
  const circumstances = { ...calm(), ...more };
  return alternativeTo(judge(plea, set, circumstances), { plea, set, circumstances });
};

describe('what would need nobody instead', () => {
  it('is the namespaces and the time for which a policy asks nobody', () => {
    const scope = { rules: [{ ...read, namespaces: ['payments', 'default'] }] };
    expect(offered({ scope, durationSeconds: 900 }, [free, asking])).toStrictEqual({
      words: 'narrow it to namespace payments and at most 600 s, and it needs no human',
      scope: { rules: [read] },
      durationSeconds: 600,
    });
    expect(offered({ scope, durationSeconds: 300 }, [free, asking])).toMatchObject({
      words: 'narrow it to namespace payments, and it needs no human',
    });
    expect(
      offered({ scope: { rules: [read] }, durationSeconds: 900 }, [free, asking]),
    ).toMatchObject({ words: 'narrow it to at most 600 s, and it needs no human' });
  });

  it('is the part of the rules that a policy allows', () => {
    const scope = {
      rules: [{ ...read, verbs: ['get', 'delete'], resources: ['pods', 'secrets'] }],
    };
    expect(offered({ scope, durationSeconds: 300 }, [free, asking])).toStrictEqual({
      words: 'narrow it to this: read (get) pods in payments, and it needs no human',
      scope: { rules: [{ ...read, verbs: ['get'], resources: ['pods'] }] },
      durationSeconds: 300,
    });
  });

  it('is told with a denial too', () => {
    const scope = { rules: [{ ...read, namespaces: ['payments', 'default'] }] };
    expect(offered({ scope, durationSeconds: 300 }, [free])).toMatchObject({
      scope: { rules: [read] },
    });
  });

  it('is nothing where nobody is asked, or somebody always is, or nobody may', () => {
    expect(
      offered({ scope: { rules: [read] }, durationSeconds: 300 }, [free, asking]),
    ).toBeUndefined();
    expect(offered({ scope: { rules: [read] } }, [asking])).toBeUndefined();
    const scope = { rules: [{ ...read, resources: ['secrets'] }] };
    expect(offered({ scope }, [free, asking])).toBeUndefined();
    expect(offered({ connection: 'nowhere' }, [free, asking])).toBeUndefined();
  });

  it('is nothing where a policy that asks comes first', () => {
    const scope = { rules: [{ ...read, namespaces: ['payments', 'default'] }] };
    expect(offered({ scope, durationSeconds: 300 }, [asking, free])).toBeUndefined();
  });

  it('is a time for which a rule asks nobody, with its limit, while its conditions hold', () => {
    const rule = (when: AutoApproveRule['when']): Policy => ({
      ...oncall,
      autoApprove: [{ name: 'small', actions: ['rollout-restart'], when }],
    });
    const short = { maxDurationSeconds: 300, perHour: 5 };
    expect(offered({}, [rule(short)])).toMatchObject({
      words:
        'narrow it to at most 300 s, and it needs no human, unless there were 5 within the last hour already',
      durationSeconds: 300,
      scope: request.scope,
    });
    expect(offered({}, [rule({ ...short, environments: ['staging'] })])).toBeUndefined();
    const places = new Map([['production-oncall.small', 'taken' as const]]);
    expect(offered({}, [rule(short)], { places })).toBeUndefined();
  });

  it('needs nobody indeed, and lies within what was asked', () => {
    const words = (all: readonly string[]) =>
      fc.uniqueArray(fc.constantFrom(...all), { minLength: 1, maxLength: 3 });
    const anyRule: fc.Arbitrary<Rule> = fc.record({
      verbs: words(['get', 'list', 'delete', '*']),
      apiGroups: fc.constant(['']),
      resources: words(['pods', 'pods/log', 'secrets', '*/log', '*']),
      namespaces: words(['payments', 'default', '*']),
    });
    const rules = fc.array(anyRule, { minLength: 1, maxLength: 3 });
    let found = 0;
    fc.assert(
      fc.property(rules, rules, fc.integer({ min: 30, max: 3600 }), (asked, allowed, seconds) => {
        const namespaces = [...new Set(allowed.flatMap((rule) => rule.namespaces))];
        const policies = [{ ...free, rules: allowed, namespaces }, asking];
        const ask = { scope: { rules: asked }, durationSeconds: seconds };
        const alternative = offered(ask, policies);
        if (alternative === undefined) return;
        found += 1;
        const { scope, durationSeconds } = alternative;
        expect(durationSeconds).toBeLessThanOrEqual(seconds);
        expect('rules' in scope && within(plainRules(scope.rules, []), asked)).toBe(true);
        const plea = { request: { ...request, scope, durationSeconds }, requester: agent };
        expect(judge(plea, policySet(...policies), calm())).toMatchObject({
          validated: { approval: { type: 'none' }, cuts: [] },
        });
      }),
      { numRuns: 300 },
    );
    expect(found).toBeGreaterThan(50);
  });
});
