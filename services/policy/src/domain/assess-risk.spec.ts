import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { AccessTerms, Rule } from '@drawbridge/contracts';
import { agent, calm, terms as storyTerms } from '../../test/story.js';
import { assessRisk, type RiskOf } from './assess-risk.js';
import type { RiskRule } from './policy-set.js';

const terms = (rule: Partial<Rule>, more: Partial<AccessTerms> = {}): AccessTerms => ({
  ...storyTerms,
  environment: 'staging',
  rules: [
    { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'], ...rule },
  ],
  ...more,
});

const assess = (asked: AccessTerms, more: Partial<RiskOf> = {}) =>
  assessRisk({ terms: asked, requester: agent, rules: [], ...more });

describe('the risk', () => {
  it.each<[Partial<Rule>, Partial<AccessTerms>, string, string[]]>([
    [{}, {}, 'low', []],
    [{}, { environment: 'production' }, 'low', ['reads in environment "production"']],
    [{}, { durationSeconds: 3601 }, 'medium', ['open for more than 3600 s']],
    [{ verbs: ['patch'], resourceNames: ['p'] }, {}, 'low', []],
    [
      { verbs: ['patch'], resourceNames: ['p'] },
      { environment: 'Prod-EU' },
      'medium',
      ['changes in environment "Prod-EU"'],
    ],
    [
      { verbs: ['get', 'patch'] },
      {},
      'medium',
      [
        'changing any object of a kind: change (patch) pods in payments, read (get) pods in payments',
      ],
    ],
    [
      { verbs: ['delete'], resourceNames: ['p'] },
      {},
      'high',
      ['deleting: delete pod p in payments'],
    ],
    [{ resources: ['secrets'] }, {}, 'high', ['secrets or tokens: read (get) secrets in payments']],
    [
      { resources: ['serviceaccounts/token'], verbs: ['create'], resourceNames: ['a'] },
      {},
      'high',
      ['secrets or tokens: create tokens of service account a in payments'],
    ],
    [
      { resources: ['pods/exec'], resourceNames: ['p'] },
      {},
      'high',
      [
        'commands inside pods, or connections through the cluster: open (get) shells inside pod p in payments',
      ],
    ],
    [
      { namespaces: ['*'] },
      {},
      'high',
      ['every namespace and cluster-wide: read (get) pods in every namespace and cluster-wide'],
    ],
    [
      { verbs: ['impersonate'], resources: ['users'], resourceNames: ['u'] },
      {},
      'high',
      [
        'acting as somebody else, or giving oneself more power: use "impersonate" on users u of API group core in payments',
      ],
    ],
    [
      {
        verbs: ['update'],
        apiGroups: ['rbac.authorization.k8s.io'],
        resources: ['roles'],
        resourceNames: ['r'],
      },
      {},
      'high',
      ['acting as somebody else, or giving oneself more power: change (update) role r in payments'],
    ],
    [
      { verbs: ['get'], apiGroups: ['rbac.authorization.k8s.io'], resources: ['roles'] },
      {},
      'low',
      [],
    ],
    [
      { verbs: ['*'], resources: ['*'] },
      {},
      'high',
      [
        'any verb, resource or API group: do anything (*) with any resource of API group core in payments',
        'secrets or tokens: do anything (*) with any resource of API group core in payments',
        'changing any object of a kind: do anything (*) with any resource of API group core in payments',
      ],
    ],
  ])('of %j, %j is %s', (...[rule, more, level, reasons]) => {
    expect(assess(terms(rule, more))).toMatchObject({ level, reasons });
  });

  it('is that of the most dangerous rule', () => {
    const rules = [...terms({}).rules, ...terms({ resources: ['secrets'] }).rules];
    expect(assess({ ...storyTerms, rules }).level).toBe('high');
  });
});

describe('the score', () => {
  const calmTerms = terms({});
  const scoreOf = (asked: AccessTerms, more: Partial<RiskOf> = {}) => {
    const { score, factors = [], level } = assess(asked, more);
    expect(factors.reduce((sum, { points }) => sum + points, 0)).toBeGreaterThanOrEqual(score ?? 0);
    return { score, level };
  };

  it('is the worst reason, and a little for each further one', () => {
    expect(scoreOf(calmTerms)).toStrictEqual({ score: 0, level: 'low' });
    expect(scoreOf({ ...calmTerms, environment: 'prod' })).toStrictEqual({
      score: 5,
      level: 'low',
    });
    expect(scoreOf({ ...calmTerms, environment: 'prod', durationSeconds: 3601 })).toStrictEqual({
      score: 35,
      level: 'medium',
    });
    expect(scoreOf(terms({ resources: ['secrets'], namespaces: ['*'] }))).toStrictEqual({
      score: 65,
      level: 'high',
    });
  });

  const rule = (when: RiskRule['when'], points = 30): RiskRule => ({
    name: 'r',
    points,
    reason: 'because',
    when,
  });
  it.each<[RiskRule['when'], boolean]>([
    [{ verbs: ['get', 'delete'] }, true],
    [{ verbs: ['delete'] }, false],
    [{ resources: ['pods'] }, true],
    [{ resources: ['pods/exec'] }, false],
    [{ namespaces: ['payments'] }, true],
    [{ namespaces: ['default'] }, false],
    [{ environments: ['staging'] }, true],
    [{ environments: ['production'] }, false],
    [{ connections: ['prod-eks'] }, true],
    [{ connections: ['other'] }, false],
    [{ agents: ['agent-oncall'] }, true],
    [{ agents: ['agent-reader'] }, false],
    [{ outside: { timeZone: 'UTC', hours: '10:00-17:00' } }, true],
    [{ outside: { timeZone: 'UTC', hours: '09:00-17:00' } }, false],
    [{ verbs: ['get'], environments: ['production'] }, false],
  ])('gets the points of a Risk document when %j: %s', (when, isMeant) => {
    const { score, factors } = assess(calmTerms, { rules: [rule(when)], circumstances: calm() });
    expect([score, factors]).toStrictEqual(
      isMeant ? [30, [{ points: 30, reason: 'because', by: 'rule' }]] : [0, []],
    );
  });

  it('needs one rule of the request that allows all that a document names', () => {
    const [read] = calmTerms.rules;
    const two = [
      { ...read!, verbs: ['delete'], resources: ['configmaps'] },
      { ...read!, resources: ['pods'] },
    ];
    const dangerous = rule({ verbs: ['delete'], resources: ['pods'] });
    expect(scoreOf({ ...calmTerms, rules: two }, { rules: [dangerous] })).toStrictEqual(
      scoreOf({ ...calmTerms, rules: two }),
    );
    const wild = [{ ...read!, verbs: ['*'], resources: ['*/exec'] }];
    const exec = rule({ resources: ['pods/exec'] }, 1);
    const without = scoreOf({ ...calmTerms, rules: wild }).score ?? 0;
    expect(scoreOf({ ...calmTerms, rules: wild }, { rules: [exec] }).score).toBe(without + 1);
  });

  it('grows with what the requester did before, and ends at 100', () => {
    const history = { isFirstHere: true, requestsInLastHour: 3, deniedInLastDay: 1 };
    const circumstances = { ...calm(), history };
    expect(assess(calmTerms, { circumstances })).toMatchObject({ score: 25, level: 'low' });
    const rules = [rule({ verbs: ['get'] }, 90)];
    expect(scoreOf(calmTerms, { circumstances, rules })).toStrictEqual({
      score: 100,
      level: 'high',
    });
  });

  it('is never less with one more rule', () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 0, max: 100 })), fc.nat(100), (points, more) => {
        const rules = points.map((one) => rule({ verbs: ['get'] }, one));
        const before = scoreOf(calmTerms, { rules }).score ?? 0;
        const after = scoreOf(calmTerms, { rules: [...rules, rule({ verbs: ['get'] }, more)] });
        expect(after.score).toBeGreaterThanOrEqual(before);
      }),
    ));
});
