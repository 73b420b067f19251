import { describe, expect, it } from 'vitest';
import { narrowerScopes, type UsedGrant } from './narrower-scope.js';

const startsAt = '2026-01-05T09:00:00.000Z';
const rules = [
  {
    verbs: ['get' as const, 'patch' as const],
    apiGroups: ['apps'],
    resources: ['deployments'],
    namespaces: ['payments'],
  },
];

/** A grant of ten minutes that was used by these verbs, up to this minute. */
const grantUsedBy = (verbs: readonly string[], untilMinute: number): UsedGrant => ({
  ...{ accessRequestId: 'request', issuedAt: startsAt },
  grant: {
    grantId: '019c0000-0000-7000-8000-000000000001',
    policy: { name: 'oncall', version: 'abc' },
    grantee: { kind: 'agent', issuer: 'https://idp.test', subject: 'agent-oncall', groups: [] },
    terms: {
      ...{ connection: 'prod-eks', environment: 'production', action: 'repair', rules },
      ...{ parameters: { namespace: 'payments' }, durationSeconds: 600, reason: 'x' },
    },
    ...{ approvers: [], startsAt, endsAt: '2026-01-05T09:10:00.000Z' },
  },
  used: verbs.map((verb) => ({
    ...{ verb, apiGroup: 'apps', resource: 'deployments', subresource: '' },
    ...{ namespace: 'payments', names: ['checkout'], calls: 1 },
  })),
  lastUseAt: new Date(Date.parse(startsAt) + untilMinute * 60_000).toISOString(),
});

describe('what would have done', () => {
  it('is proposed where a word was never used', () => {
    expect(narrowerScopes([grantUsedBy(['get'], 10), grantUsedBy(['get'], 10)])).toMatchObject([
      { grants: 2, rules: [{ verbs: ['get'], namespaces: ['{namespace}'] }] },
    ]);
  });

  it('is proposed where the time was not needed', () => {
    expect(narrowerScopes([grantUsedBy(['get', 'patch'], 2)])).toMatchObject([
      { grantedSeconds: 600, neededSeconds: 120 },
    ]);
  });

  it('is not proposed where it would be what there is', () => {
    expect(narrowerScopes([grantUsedBy(['get', 'patch'], 10)])).toEqual([]);
    // Each needed something else of it: the action that both have cannot be narrower.
    expect(narrowerScopes([grantUsedBy(['get'], 10), grantUsedBy(['patch'], 10)])).toEqual([]);
  });
});
