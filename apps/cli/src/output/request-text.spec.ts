import type { AccessRequestView } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import { requestTable, requestText } from './request-text.js';

const now = new Date('2026-01-05T09:05:00Z');
const view: AccessRequestView = {
  id: '019c0000-0000-7000-8000-000000000001',
  status: 'pending',
  revision: 3,
  requester: { kind: 'agent', issuer: 'https://idp.test', subject: 'agent-oncall', groups: [] },
  request: {
    connection: 'prod-eks',
    scope: {
      action: 'rollout-restart',
      parameters: { namespace: 'payments', deployment: 'checkout' },
    },
    durationSeconds: 3600,
    reason: 'readiness probe failing',
    ticket: 'INC-4211',
  },
  requestedAt: '2026-01-05T09:00:00.000Z',
  policy: { name: 'production-oncall', version: 'abc' },
  terms: {
    connection: 'prod-eks',
    environment: 'production',
    rules: [
      {
        verbs: ['patch'],
        apiGroups: ['apps'],
        resources: ['deployments'],
        namespaces: ['payments'],
      },
    ],
    durationSeconds: 900,
    reason: 'readiness probe failing',
  },
  cuts: [{ field: 'durationSeconds', asked: '3600', granted: '900', why: 'at most 15 minutes' }],
  risk: { level: 'medium', reasons: ['changes workloads'] },
  approval: {
    type: 'humans',
    count: 1,
    groups: ['sre-oncall'],
    excludeOwner: true,
    timeoutSeconds: 1800,
  },
  decideBy: '2026-01-05T09:30:00.000Z',
  approvals: [],
};
const granted: AccessRequestView = {
  ...view,
  status: 'granted',
  approvals: [{ approver: 'alice@corp.test', via: 'slack', at: '2026-01-05T09:04:00.000Z' }],
  grant: {
    id: '019c0000-0000-7000-8000-000000000002',
    startsAt: '2026-01-05T09:04:00.000Z',
    endsAt: '2026-01-05T09:19:00.000Z',
  },
};

describe('an access request as text', () => {
  it('says where it stands, what for, and what was cut', () => {
    expect(requestText(view, now)).toBe(
      `access request 019c0000-0000-7000-8000-000000000001: pending: needs 1 human of sre-oncall, 25m left to decide
  requester   agent-oncall
  connection  prod-eks
  scope       rollout-restart namespace=payments deployment=checkout
  duration    15m (asked for 1h)
  reason      readiness probe failing
  ticket      INC-4211
  policy      production-oncall
  risk        medium; changes workloads
  cut: durationSeconds: asked for 3600, allowed 900: at most 15 minutes
`,
    );
  });

  it('says how long a grant is open, and who approved it', () => {
    const text = requestText(granted, now);
    expect(text).toContain(': granted for another 14m\n');
    expect(text).toContain('approvals   alice@corp.test by slack at 2026-01-05T09:04:00.000Z\n');
    expect(text).toContain('2026-01-05T09:04:00.000Z to 2026-01-05T09:19:00.000Z\n');
  });

  it('says why it was refused and what to ask for instead', () => {
    const refusal = { code: 'namespace_not_allowed', message: 'not there', suggestion: 'payments' };
    expect(requestText({ ...view, status: 'denied', refusal }, now)).toContain(': denied\n');
    expect(requestText({ ...view, status: 'denied', refusal }, now)).toContain(
      '  why: not there (namespace_not_allowed)\n  instead: payments\n',
    );
  });

  it('says what labels and patterns stood for', () => {
    const rule = {
      ...{ verbs: ['get'], apiGroups: [''], resources: ['pods'] },
      namespaceSelector: { matchLabels: { team: 'payments' } },
      resourceNamePatterns: ['web-*'],
    };
    const resolved = [
      { field: 'namespaces' as const, asked: 'team=payments', names: ['a', 'b'] },
      {
        ...{ field: 'resourceNames' as const, kind: 'pods', namespace: 'a', asked: 'web-*' },
        names: ['web-1'],
      },
    ];
    const text = requestText(
      { ...view, request: { ...view.request, scope: { rules: [rule] } }, resolved },
      now,
    );
    expect(text).toContain('  get pods in namespaces with team=payments named web-*\n');
    expect(text).toContain('  selected: namespaces with team=payments: a, b\n');
    expect(text).toContain('  selected: pods web-* in a: web-1\n');
  });

  it('shows nothing deceptive of what the agent wrote', () => {
    const hostile = '\u001b[2Jok\u202e';
    const rule = {
      verbs: [hostile],
      apiGroups: [hostile],
      resources: [hostile],
      namespaces: [hostile],
    };
    const text = requestText(
      {
        ...granted,
        requester: { ...view.requester, subject: hostile },
        request: { ...view.request, reason: hostile, ticket: hostile, scope: { rules: [rule] } },
        risk: { level: 'low', reasons: [hostile] },
        resolved: [{ field: 'namespaces', asked: hostile, names: [hostile] }],
        cuts: [{ field: hostile, asked: hostile, granted: hostile, why: hostile }],
        refusal: { code: hostile, message: hostile, suggestion: hostile },
        approvals: [{ approver: hostile, via: hostile, at: hostile }],
      },
      now,
    );
    expect(text).not.toMatch(/[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });
});

describe('a list of access requests', () => {
  it('has a line for each', () => {
    expect(requestTable([view, granted], now)).toBe(
      `ID                                    STATUS   CONNECTION  SCOPE                                                   REQUESTED  ENDS
019c0000-0000-7000-8000-000000000001  pending  prod-eks    rollout-restart namespace=payments deployment=checkout  5m ago     -
019c0000-0000-7000-8000-000000000001  granted  prod-eks    rollout-restart namespace=payments deployment=checkout  5m ago     2026-01-05T09:19:00.000Z
`,
    );
  });
});
