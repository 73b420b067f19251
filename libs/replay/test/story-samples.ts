import type {
  AccessEvent,
  ApprovalRequirement,
  AuditCommand,
  AuditEvent,
  AuditHoldEvent,
  HoldEvent,
  Principal,
  StoryTotals,
} from '@drawbridge/contracts';

export const grantId = '019c0000-0000-7000-8000-000000000001';
export const requestId = '019c0000-0000-7000-8000-000000000002';
export const holdId = '019c0000-0000-7000-8000-000000000003';

export const agent: Principal = {
  kind: 'agent',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
export const alice: Principal = {
  ...{ kind: 'human', issuer: 'https://idp.test', subject: 'alice', groups: ['sre-oncall'] },
  email: 'alice@corp.test',
};

const terms = {
  connection: 'prod-eks',
  environment: 'production',
  rules: [
    {
      ...{ verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'] },
      ...{ namespaces: ['payments'], resourceNames: ['checkout'] },
    },
  ],
  durationSeconds: 900,
  reason: 'readiness probe failing',
};
const approval: ApprovalRequirement = {
  type: 'humans',
  ...{ count: 1, groups: ['sre-oncall'], excludeOwner: true, timeoutSeconds: 600 },
};
const policy = { name: 'oncall', version: 'abc' };

export const requested: AccessEvent = {
  type: 'AccessRequested',
  data: {
    requester: agent,
    request: {
      connection: 'prod-eks',
      scope: { action: 'rollout-restart', parameters: { deployment: 'checkout' } },
      durationSeconds: 900,
      reason: 'readiness probe failing',
      ticket: 'INC-4211',
    },
    digest: 'abc',
  },
};
export const validated: AccessEvent = {
  type: 'AccessRequestValidated',
  data: {
    ...{ policy, requester: agent, terms, cuts: [], approval },
    risk: { level: 'medium', reasons: [] },
  },
};
export const given: AccessEvent = {
  type: 'ApprovalGiven',
  data: { approver: alice, via: 'slack', comment: 'go' },
};
export const issued: AccessEvent = {
  type: 'GrantIssued',
  data: {
    ...{ grantId, policy, grantee: agent, terms, approvers: [alice] },
    startsAt: '2026-01-05T09:00:03.000Z',
    endsAt: '2026-01-05T09:15:03.000Z',
  },
};
export const expired: AccessEvent = {
  type: 'GrantExpired',
  data: { grantId, endsAt: '2026-01-05T09:15:03.000Z' },
};

const envelope = (sequence: number) => ({
  sequence,
  id: `019c0000-0000-7000-8000-${String(sequence).padStart(12, '0')}`,
  schemaVersion: 1,
  correlationId: requestId,
  causationId: 'cause',
  hash: 'a'.repeat(64),
});

/** Events as the record has them, a second apart. */
export const history = (...events: readonly { type: string; data: unknown }[]): AuditEvent[] =>
  events.map(({ type, data }, index) => ({
    ...envelope(index + 1),
    ...{ type, data, accessRequestId: requestId },
    actor: { kind: 'service', id: 'policy' },
    at: `2026-01-05T09:00:0${index}.000Z`,
  }));

export const holdHistory = (...events: readonly HoldEvent[]): AuditHoldEvent[] =>
  events.map(({ type, data }, index) => ({
    ...envelope(index + 1),
    ...{ type, data, holdId },
    actor: { kind: 'service', id: 'proxy' },
    at: `2026-01-05T09:01:0${index}.000Z`,
  }));

export const held: HoldEvent = {
  type: 'CommandHeld',
  data: {
    commandId: '019c0000-0000-7000-8000-00000000000a',
    call: {
      ...{ connection: 'prod-eks', grantId, policyVersion: '1', rule: 'deletion/pods' },
      agent: { issuer: agent.issuer, subject: agent.subject },
      ...{
        method: 'DELETE',
        path: '/api/v1/namespaces/payments/pods/a',
        query: '',
        verb: 'delete',
      },
      ...{ apiGroup: '', resource: 'pods', subresource: '', namespace: 'payments', name: 'a' },
      ...{ contentType: '', bodySha256: '', resourceVersion: '1' },
    },
    ...{ digest: 'a'.repeat(64), generation: 0, agent, accessRequestId: requestId },
    ...{ purpose: { reason: 'x' }, environment: 'production', reason: 'pods are not cattle here' },
    effect: { touches: [], warnings: [], soFar: [] },
    approvers: { groups: ['sre-oncall'] },
    ...{ decideBy: '2026-01-05T09:06:00.000Z', approvalSeconds: 60 },
    grantEndsAt: '2026-01-05T09:15:03.000Z',
  },
};
export const holdApproved: HoldEvent = {
  type: 'HoldApproved',
  data: {
    ...{ approver: alice, via: 'slack', digest: 'a'.repeat(64) },
    validUntil: '2026-01-05T09:02:00.000Z',
  },
};

/** The n-th call of a session: a patch of a deployment that was done, unless it says otherwise. */
export const command = (n: number, change: Partial<AuditCommand> = {}): AuditCommand => ({
  id: `019c0000-0000-7000-8000-0000000001${String(n).padStart(2, '0')}`,
  receivedAt: `2026-01-05T09:01:${String(n).padStart(2, '0')}.000Z`,
  ...{ connection: 'prod-eks', grantId, accessRequestId: requestId, agent },
  method: 'PATCH',
  path: '/apis/apps/v1/namespaces/payments/deployments/checkout',
  query: '',
  ...{ verb: 'patch', apiGroup: 'apps', apiVersion: 'v1', resource: 'deployments' },
  ...{ subresource: '', namespace: 'payments', name: 'checkout' },
  ...{ clientAddress: '127.0.0.1', userAgent: 'kubectl' },
  decision: { effect: 'allow', reason: 'grant_allows', message: 'allowed by the grant' },
  ...{ outcome: 'completed', statusCode: 200, requestBytes: 100, responseBytes: 4200 },
  ...{ durationMs: 12.5, sequences: [n] },
  ...change,
});

export const totals: StoryTotals = {
  ...{ calls: 1, refused: 0, changes: 1, held: 0, masked: 0, refusedBeside: 0 },
};
