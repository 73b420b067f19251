import { describe, expect, it } from 'vitest';
import type { AccessTerms, Rule } from '@drawbridge/contracts';
import { terms as storyTerms } from '../../test/story.js';
import { assessRisk } from './assess-risk.js';

const terms = (rule: Partial<Rule>, more: Partial<AccessTerms> = {}): AccessTerms => ({
  ...storyTerms,
  environment: 'staging',
  rules: [
    { verbs: ['get'], apiGroups: [''], resources: ['pods'], namespaces: ['payments'], ...rule },
  ],
  ...more,
});

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
    expect(assessRisk(terms(rule, more))).toStrictEqual({ level, reasons });
  });

  it('is that of the most dangerous rule', () => {
    const rules = [...terms({}).rules, ...terms({ resources: ['secrets'] }).rules];
    expect(assessRisk({ ...storyTerms, rules }).level).toBe('high');
  });
});
