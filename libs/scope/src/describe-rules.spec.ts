import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { describeRule, describeRules, summarizeRules } from './describe-rules.js';

const rule = (more: Partial<Rule> = {}): Rule => ({
  verbs: ['patch'],
  apiGroups: ['apps'],
  resources: ['deployments'],
  namespaces: ['payments'],
  ...more,
});
const core = { apiGroups: [''], resources: ['pods'] };

describe('rules in plain words', () => {
  it.each<[Partial<Rule>, string]>([
    [{ resourceNames: ['checkout'] }, 'change (patch) deployment checkout in payments'],
    [{}, 'change (patch) deployments in payments'],
    [{ resourceNames: ['a', 'b', 'c'] }, 'change (patch) deployment a, b or c in payments'],
    [{ verbs: ['watch', 'get'], ...core }, 'read (get, watch) pods in payments'],
    [
      { verbs: ['get'], apiGroups: [''], resources: ['pods/log'] },
      'read (get) logs of pods in payments',
    ],
    [{ resources: ['deployments/scale'] }, 'change (patch) scale of deployments in payments'],
    [
      { resources: ['*/scale'], apiGroups: ['*'] },
      'change (patch) scale of any resource of any API group in payments',
    ],
    [
      { verbs: ['create'], apiGroups: [''], resources: ['pods/exec'] },
      'open (create) shells inside pods in payments',
    ],
    [
      { verbs: ['delete'], namespaces: ['*'] },
      'delete deployments in every namespace and cluster-wide',
    ],
    [
      { verbs: ['delete', 'deletecollection'] },
      'delete (delete, deletecollection) deployments in payments',
    ],
    [{ verbs: ['create'], namespaces: ['a', 'b'] }, 'create deployments in a and b'],
    [
      { verbs: ['*', 'get'], resources: ['*'] },
      'do anything (*) with any resource of API group apps in payments',
    ],
    [
      { verbs: ['*'], resources: ['*'], apiGroups: ['*'], resourceNames: ['x'] },
      'do anything (*) with anything named x of any API group in payments',
    ],
    [
      { verbs: ['impersonate'], apiGroups: [''], resources: ['users'] },
      'use "impersonate" on users of API group core in payments',
    ],
    [
      { apiGroups: ['example.com'], resources: ['widgets'], resourceNames: ['w'] },
      'change (patch) widgets w of API group example.com in payments',
    ],
    [{ apiGroups: ['evil.com'] }, 'change (patch) deployments of API group evil.com in payments'],
    [
      { apiGroups: ['apps', 'evil.com'] },
      'change (patch) deployments of API group apps or evil.com in payments',
    ],
    [
      { verbs: ['get'], apiGroups: ['', 'apps'], resources: ['pods', 'deployments'] },
      'read (get) pods and deployments in payments',
    ],
    [
      { resources: ['deployments/foo'] },
      'change (patch) subresource foo of deployments in payments',
    ],
  ])('%j', (more, words) => {
    expect(describeRules([rule(more)])).toStrictEqual([words]);
  });

  it('puts the most dangerous first and says nothing twice', () => {
    const rules = [
      rule({ verbs: ['get', 'list', 'patch', 'create', 'bind', 'delete'] }),
      rule({ verbs: ['*'], resources: ['*'] }),
      rule(),
    ];
    expect(describeRules(rules)).toStrictEqual([
      'do anything (*) with any resource of API group apps in payments',
      'use "bind" on deployments in payments',
      'delete deployments in payments',
      'create deployments in payments',
      'change (patch) deployments in payments',
      'read (get, list) deployments in payments',
    ]);
  });

  it('calls what runs commands by its name, whatever the verb', () => {
    const resources = ['pods', 'pods/exec', 'services/proxy'];
    expect(describeRules([rule({ verbs: ['get'], apiGroups: [''], resources })])).toStrictEqual([
      'open (get) shells inside pods and connections through services in payments',
      'read (get) pods in payments',
    ]);
  });

  it('makes one sentence of one rule', () => {
    expect(describeRule(rule({ verbs: ['get', 'patch'] }))).toBe(
      'change (patch) deployments in payments, read (get) deployments in payments',
    );
  });
});

describe('a summary of rules', () => {
  it.each<{ readonly rules: readonly Rule[]; readonly says: readonly string[] }>([
    {
      rules: [rule({ verbs: ['get', 'patch'], resourceNames: ['checkout'] })],
      says: ['change (patch) and read (get) deployment checkout in payments'],
    },
    {
      rules: [rule({ verbs: ['get'] }), rule({ verbs: ['delete', 'create'] }), rule(core)],
      says: [
        'delete, create and read (get) deployments in payments',
        'change (patch) pods in payments',
      ],
    },
    {
      rules: [rule({ ...core, resources: ['pods/exec', 'pods'], verbs: ['create'] })],
      says: ['open (create) shells inside pods in payments', 'create pods in payments'],
    },
  ])('is $says', ({ rules, says }) => expect(summarizeRules(rules)).toEqual(says));

  it('says every verb of everything that the lines say', () => {
    const rules = [rule({ verbs: ['get', 'watch', 'approve'] }), rule({ verbs: ['*'], ...core })];
    const [words, lines] = [summarizeRules(rules).join(), describeRules(rules)];
    for (const doing of ['use "approve" on', 'read (get, watch)', 'do anything']) {
      expect(words).toContain(doing);
      expect(lines.join()).toContain(doing);
    }
  });
});
