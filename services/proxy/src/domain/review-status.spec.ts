import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Principal, Rule } from '@drawbridge/contracts';
import type { AskedCall } from './asked-call.js';
import { authorize, type Caller } from './authorize.js';
import { parseKubeRequest, type ResourceRequest } from './kube-request.js';
import type { OpenGrant } from './open-grants.js';
import { accessReviewStatus, rulesReviewStatus, userInfo } from './review-status.js';

const now = new Date('2026-01-05T09:05:00.000Z');
const grant = (rules: readonly Rule[], grantId = 'grant-1'): OpenGrant => ({
  grantId,
  accessRequestId: 'request-1',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  connection: 'prod',
  rules,
  policy: 'oncall',
  reason: 'a test',
  approvers: [],
  issuedAtMs: 0,
  startsAtMs: Date.parse('2026-01-05T09:00:00.000Z'),
  endsAtMs: Date.parse('2026-01-05T09:15:00.000Z'),
});
const callerWith = (...open: OpenGrant[]): Caller => ({
  grants: { open },
  connection: 'prod',
  groups: [],
  run: undefined,
  client: { shownKey: undefined },
  now,
});

const some = <Word extends string>(...words: Word[]) =>
  fc.uniqueArray(fc.constantFrom(...words), { minLength: 1, maxLength: 3 });
const anyRule: fc.Arbitrary<Rule> = fc
  .record({
    verbs: some('*', 'get', 'list', 'watch', 'create', 'patch', 'delete', 'deletecollection'),
    apiGroups: some('*', '', 'apps', 'authorization.k8s.io'),
    resources: some(
      '*',
      'pods',
      'secrets',
      'pods/exec',
      'pods/log',
      '*/proxy',
      'serviceaccounts/token',
    ),
    namespaces: some('*', 'payments', 'default'),
    resourceNames: fc.option(some('a', 'b'), { nil: undefined }),
  })
  .map(({ resourceNames, ...rule }) => ({ ...rule, ...(resourceNames && { resourceNames }) }));
const anyGrants = fc
  .array(fc.array(anyRule, { minLength: 1, maxLength: 3 }), { maxLength: 3 })
  .map((all) => all.map((rules, index) => grant(rules, `grant-${index}`)));

/** Requests as clients make them, of every kind that the gateway tells apart. */
const anyRequest = fc
  .record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'PATCH', 'DELETE'),
    prefix: fc.constantFrom('/api/v1', '/apis/apps/v1', '/apis/authorization.k8s.io/v1'),
    namespace: fc.constantFrom('', '/namespaces/payments', '/namespaces/other'),
    resource: fc.constantFrom('pods', 'secrets', 'serviceaccounts', 'selfsubjectaccessreviews'),
    rest: fc.constantFrom('', '/a', '/c', '/a/exec', '/a/log', '/a/proxy', '/a/token'),
    query: fc.constantFrom('', '?watch=1', '?fieldSelector=metadata.name%3Db', '?limit=1'),
  })
  .map(({ method, prefix, namespace, resource, rest, query }) =>
    parseKubeRequest(method, `${prefix}${namespace}/${resource}${rest}${query}`),
  )
  .filter((request): request is ResourceRequest => request.kind === 'resource');

const questionOf = (request: ResourceRequest) => {
  const { verb, apiGroup, apiVersion, resource, subresource, namespace, name } = request;
  const channel = ['exec', 'attach', 'portforward', 'proxy'].includes(subresource);
  // What opens a channel is a create, whichever way it comes.
  const asked = channel ? 'create' : verb;
  return {
    kind: 'resource',
    verb: asked,
    apiGroup,
    apiVersion,
    resource,
    subresource,
    namespace,
    name,
  } as const;
};

describe('what an access review says', () => {
  it('is what the gateway does with the call', () => {
    fc.assert(
      fc.property(anyGrants, anyRequest, (open, request) => {
        const caller = callerWith(...open);
        const decision = authorize({ ...caller, request });
        const { status } = accessReviewStatus(caller, questionOf(request));
        expect(status.allowed).toBe(decision.effect === 'allow');
        const isSame = request.verb === questionOf(request).verb;
        const code = decision.effect === 'allow' ? '' : `${decision.reason}: `;
        expect(status.reason.startsWith(code)).toBe(true);
        if (isSame) expect(status.reason).toBe(`${code}${decision.message}`);
      }),
      { numRuns: 5_000 },
    );
  });

  it('is the same of paths that are no resource', () => {
    const paths = ['/version', '/metrics', '/api', '/openapi/v3', '/healthz/etcd', '/'];
    const methods = ['GET', 'HEAD', 'POST', 'DELETE'];
    for (const path of paths) {
      for (const method of methods) {
        for (const caller of [callerWith(), callerWith(grant([]))]) {
          const decision = authorize({ ...caller, request: parseKubeRequest(method, path) });
          const asked = { kind: 'nonResource', verb: method.toLowerCase(), path } as const;
          const { allowed } = accessReviewStatus(caller, asked).status;
          expect(allowed).toBe(decision.effect === 'allow');
        }
      }
    }
  });

  const all: Rule = { verbs: ['*'], apiGroups: ['*'], resources: ['*'], namespaces: ['*'] };
  const none = { apiGroup: '', apiVersion: '', subresource: '', namespace: '', name: '' };
  it.each([
    ['*', '*', '', true],
    ['get', '*', '', true],
    ['*', 'secrets', '', true],
    ['*', 'pods', '', true],
    ['*', 'pods', '*', false],
    ['create', 'pods', 'proxy', false],
    ['proxy', 'pods', '', false],
    ['impersonate', 'users', '', false],
    ['bind', 'roles', '', false],
    ['', 'pods', '', false],
    ['get', '', '', false],
    ['GET', 'pods', '', false],
  ])(
    'under a grant for everything, of %s %s/%s, is %s',
    (verb, resource, ...[subresource, allowed]) => {
      const asked = { ...none, kind: 'resource', verb, resource, subresource } as const;
      expect(accessReviewStatus(callerWith(grant([all])), asked).status.allowed).toBe(allowed);
    },
  );
});

/** The plain questions that a listed rule answers with yes. */
function askedOf(
  rule: ReturnType<typeof rulesReviewStatus>['resourceRules'][number],
  namespace: string,
): AskedCall[] {
  const [apiGroup = '', name = ''] = [rule.apiGroups[0], rule.resourceNames?.[0]];
  const verbs = rule.verbs.filter((verb) => verb !== '*');
  const resources = rule.resources.filter((path) => !path.startsWith('*'));
  if (apiGroup === '*') return [];
  return verbs.flatMap((verb) =>
    resources.map((path) => {
      const [resource = '', subresource = ''] = path.split('/');
      const kind = 'resource' as const;
      return { kind, verb, apiGroup, apiVersion: '', resource, subresource, namespace, name };
    }),
  );
}

describe('what a rules review lists', () => {
  const rule: Rule = {
    verbs: ['get'],
    apiGroups: [''],
    resources: ['pods', 'secrets', 'serviceaccounts/token', 'services/proxy'],
    namespaces: ['payments'],
    resourceNames: ['a'],
  };

  it('is what is allowed in the namespace, without what is never let through', () => {
    const caller = callerWith(grant([rule, { ...rule, namespaces: ['default'], verbs: ['list'] }]));
    expect(rulesReviewStatus(caller, 'payments')).toMatchObject({
      resourceRules: [
        { verbs: ['get'], apiGroups: [''], resources: ['pods', 'secrets'], resourceNames: ['a'] },
        { verbs: ['create'], apiGroups: ['authorization.k8s.io'] },
        { verbs: ['create'], apiGroups: ['authentication.k8s.io'] },
      ],
      incomplete: true,
    });
  });

  it('is exact for plain rules', () => {
    const plain = { ...rule, resources: ['pods', 'secrets'] };
    expect(rulesReviewStatus(callerWith(grant([plain])), 'payments')).not.toHaveProperty(
      'evaluationError',
    );
  });

  it('allows nothing that an access review denies', () => {
    fc.assert(
      fc.property(anyGrants, fc.constantFrom('payments', 'other'), (open, namespace) => {
        const caller = callerWith(...open);
        const { resourceRules, incomplete } = rulesReviewStatus(caller, namespace);
        fc.pre(!incomplete);
        for (const asked of resourceRules.flatMap((rule) => askedOf(rule, namespace))) {
          expect(accessReviewStatus(caller, asked).status.allowed).toBe(true);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it('is empty without a grant, and says why', () => {
    const { evaluationError, nonResourceRules } = rulesReviewStatus(callerWith(), 'payments');
    expect(evaluationError).toContain('no_grant: you have no open grant on connection prod');
    expect(nonResourceRules).toStrictEqual([]);
  });
});

describe('who an agent is', () => {
  it('is said by issuer, subject, groups and the grants that are open now', () => {
    const agent = {
      kind: 'agent',
      issuer: 'https://idp.test',
      subject: 'a',
      groups: ['g'],
    } satisfies Principal;
    const over = { ...grant([], 'grant-over'), endsAtMs: 0 };
    expect(userInfo(agent, callerWith(grant([]), over))).toStrictEqual({
      username: 'https://idp.test#a',
      groups: ['g'],
      extra: { 'drawbridge.dev/connection': ['prod'], 'drawbridge.dev/grant': ['grant-1'] },
    });
    expect(userInfo(agent, callerWith()).extra).toStrictEqual({
      'drawbridge.dev/connection': ['prod'],
    });
  });
});
