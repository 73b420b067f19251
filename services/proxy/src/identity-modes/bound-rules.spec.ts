import { describe, expect, it } from 'vitest';
import type { Rule } from '@drawbridge/contracts';
import { boundRules } from './bound-rules.js';

const rule = (more: Partial<Rule> = {}): Rule => ({
  verbs: ['get', 'list', 'watch'],
  apiGroups: [''],
  resources: ['pods', 'pods/log'],
  namespaces: ['payments'],
  ...more,
});
const all = ['get', 'list', 'watch', 'create', 'update', 'patch', 'delete', 'deletecollection'];

/** Of one namespace, or of the whole cluster. */
const bound = (...rules: Rule[]) => {
  const { everywhere, byNamespace } = boundRules(rules);
  return { ...(everywhere.length > 0 && { '*': everywhere }), ...Object.fromEntries(byNamespace) };
};

describe('the scope of a grant as RBAC', () => {
  it('is a role in each namespace, without it', () => {
    const expected = {
      apiGroups: [''],
      resources: ['pods', 'pods/log'],
      verbs: ['get', 'list', 'watch'],
    };
    expect(bound(rule({ namespaces: ['payments', 'shop', 'shop'] }))).toStrictEqual({
      payments: [expected],
      shop: [expected],
    });
  });

  it('is cluster-wide for every namespace', () => {
    const nodes = rule({ resources: ['nodes'], namespaces: ['*', 'payments'], verbs: ['get'] });
    expect(bound(nodes, rule({ verbs: ['get'] }))).toStrictEqual({
      '*': [{ apiGroups: [''], resources: ['nodes'], verbs: ['get'] }],
      payments: [{ apiGroups: [''], resources: ['pods', 'pods/log'], verbs: ['get'] }],
    });
  });

  it('leaves out what no namespace can be called', () => {
    expect(
      bound(rule({ namespaces: ['a:b', 'UPPER', 'a/b', 'x'.repeat(64), 'pay*'] })),
    ).toStrictEqual({});
  });

  it.each<[string, Partial<Rule>, object[]]>([
    [
      'every verb is every call, and neither escalate nor impersonate',
      { verbs: ['*'], resources: ['configmaps'] },
      [{ resources: ['configmaps'], verbs: all }],
    ],
    [
      'impersonation is never bound',
      { verbs: ['impersonate', 'impersonate:user-info'], resources: ['users'] },
      [],
    ],
    [
      'one name stays exact',
      { resources: ['pods'], resourceNames: ['web-0'] },
      [{ resources: ['pods'], verbs: ['get', 'list', 'watch'], resourceNames: ['web-0'] }],
    ],
    [
      'several names need list and watch without names, for the gateway filters them',
      { verbs: ['get', 'watch'], resources: ['pods'], resourceNames: ['a', 'b'] },
      [
        { resources: ['pods'], verbs: ['get', 'watch'], resourceNames: ['a', 'b'] },
        { resources: ['pods'], verbs: ['watch'] },
      ],
    ],
    [
      'several names of what is not listed stay exact',
      { verbs: ['patch', 'deletecollection'], resources: ['pods'], resourceNames: ['a', 'b'] },
      [
        {
          resources: ['pods'],
          verbs: ['patch', 'deletecollection'],
          resourceNames: ['a', 'b'],
        },
      ],
    ],
    [
      'a channel that may be opened may be asked for by GET',
      { verbs: ['create'], resources: ['pods/exec', 'pods'], resourceNames: ['a'] },
      [
        { resources: ['pods/exec', 'pods'], verbs: ['create'], resourceNames: ['a'] },
        { resources: ['pods/exec'], verbs: ['get'], resourceNames: ['a'] },
      ],
    ],
    [
      'so it is with every resource',
      { verbs: ['create'], resources: ['*'] },
      [
        { resources: ['*'], verbs: ['create'] },
        { resources: ['pods/exec', 'pods/attach', 'pods/portforward'], verbs: ['get'] },
      ],
    ],
    [
      'and with a subresource of any resource',
      { verbs: ['create'], resources: ['*/attach'] },
      [
        { resources: ['*/attach'], verbs: ['create'] },
        { resources: ['pods/attach'], verbs: ['get'] },
      ],
    ],
    [
      'T9 a channel that may only be read is not bound',
      { verbs: ['get'], resources: ['pods/exec', 'pods'] },
      [{ resources: ['pods'], verbs: ['get'] }],
    ],
    [
      'what the gateway lets nobody use is not bound',
      { verbs: ['create'], resources: ['serviceaccounts/token', 'pods/proxy', '*/proxy'] },
      [],
    ],
  ])('%s', (_, more, expected) => {
    const { payments = [] } = bound(rule(more)) as { payments?: object[] };
    expect(payments).toStrictEqual(expected.map((policy) => ({ apiGroups: [''], ...policy })));
  });

  it('counts the names of a grant, not of a rule', () => {
    const two = ['a', 'b'].map((name) => rule({ resources: ['pods'], resourceNames: [name] }));
    const { payments = [] } = bound(...two) as { payments?: { resourceNames?: string[] }[] };
    expect(payments.filter(({ resourceNames }) => resourceNames === undefined)).toHaveLength(2);
  });
});
