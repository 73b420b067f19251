import type {
  AccessEvent,
  AccessEventData,
  AccessTerms,
  ApprovalRequirement,
  Principal,
  StepsRequirement,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

const issuer = 'https://idp.corp.test';
const human = (name: string, groups: string[]): Principal => ({
  kind: 'human',
  issuer,
  subject: name,
  email: `${name}@corp.test`,
  groups,
});

export const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
export const alice = human('alice', ['sre-oncall']);
export const bob = human('bob', ['sre-oncall', 'auditors']);
/** Owner of the agent. */
export const dana = human('dana', ['sre-oncall']);
/** Leads, for requests that are asked in steps. */
export const carol = human('carol', ['sre-leads']);
/** An administrator, in no approver group. */
export const frank = human('frank', ['platform']);
/** In no approver group. */
export const erin = human('erin', ['developers']);

export const at = '2026-01-05T09:00:00.000Z';
/** 30 minutes after {@link at}. */
export const decideBy = '2026-01-05T09:30:00.000Z';

export const humansOf = (count: number): ApprovalRequirement => ({
  type: 'humans',
  count,
  groups: ['sre-oncall'],
  excludeOwner: true,
  timeoutSeconds: 1800,
});

/** First one of on-call, then one of the leads. */
export const stepsOf = (more: Partial<StepsRequirement> = {}): StepsRequirement => ({
  type: 'steps',
  order: 'sequential',
  steps: [
    { type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] },
    { type: 'humans', name: 'lead', count: 1, groups: ['sre-leads'] },
  ],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
  ...more,
});

export const terms: AccessTerms = {
  connection: 'prod-eks',
  environment: 'production',
  action: 'rollout-restart',
  parameters: { namespace: 'payments', deployment: 'checkout' },
  rules: [
    {
      verbs: ['get', 'patch'],
      apiGroups: ['apps'],
      resources: ['deployments'],
      namespaces: ['payments'],
      resourceNames: ['checkout'],
    },
  ],
  durationSeconds: 900,
  reason: 'readiness probe failing',
  ticket: 'INC-4211',
};

const policy = { name: 'oncall-production', version: 'a1b2c3d4e5f6' };

export const accessRequested: AccessEvent = {
  type: 'AccessRequested',
  data: {
    requester: agent,
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
    digest: 'digest',
  },
};

/** The same request of somebody else. */
export const accessRequestedBy = (requester: Principal): AccessEvent => ({
  ...accessRequested,
  data: { ...accessRequested.data, requester },
});

export const validated = (
  approval: ApprovalRequirement = humansOf(1),
  requester: Principal = agent,
  changed: Partial<AccessTerms> = {},
): AccessEvent => ({
  type: 'AccessRequestValidated',
  data: {
    policy,
    requester,
    terms: { ...terms, ...changed },
    cuts: [{ field: '/durationSeconds', asked: '3600', granted: '900', why: 'at most 15 minutes' }],
    approval,
    risk: { level: 'medium', reasons: ['changes a workload in production'] },
  },
});

export const approvalRequested = (
  approval: ApprovalRequirement = humansOf(1),
  until = decideBy,
): AccessEvent => ({ type: 'ApprovalRequested', data: { approval, decideBy: until } });

export const approvedBy = (approver: Principal, via: 'slack' | 'http' = 'slack'): AccessEvent => ({
  type: 'ApprovalGiven',
  data: { approver, via },
});

export const givenBy = (
  approver: Principal,
  more: Partial<AccessEventData<'ApprovalGiven'>> = {},
): AccessEvent => ({ type: 'ApprovalGiven', data: { approver, via: 'slack', seen: 0, ...more } });

export const voidedBy = (
  approver: Principal,
  reason: AccessEventData<'ApprovalVoided'>['reason'] = 'taken_back',
): AccessEvent => ({ type: 'ApprovalVoided', data: { approver, reason } });

export const deniedBy = (approver: Principal, reason?: string): AccessEvent => ({
  type: 'ApprovalDenied',
  data: { approver, via: 'slack', ...(reason === undefined ? {} : { reason }) },
});

export const closedBy = (...approvers: Principal[]): AccessEvent => ({
  type: 'AccessRequestApproved',
  data: { approvers },
});

export const rejectedBy = (by: Principal, reason?: string): AccessEvent => ({
  type: 'AccessRequestRejected',
  data: { by, ...(reason === undefined ? {} : { reason }) },
});

export const lapsed: AccessEvent = { type: 'AccessRequestLapsed', data: { decideBy } };
export const withdrawn: AccessEvent = { type: 'AccessRequestWithdrawn', data: { by: agent } };
export const accessDenied: AccessEvent = {
  type: 'AccessRequestDenied',
  data: { code: 'scope_too_wide', message: 'too wide' },
};

export const grantId = '018f0000-0000-7000-8000-00000000aaaa';
export const grantIssued: AccessEvent = {
  type: 'GrantIssued',
  data: {
    grantId,
    policy,
    grantee: agent,
    terms,
    approvers: [alice],
    startsAt: '2026-01-05T09:05:00.000Z',
    endsAt: '2026-01-05T09:20:00.000Z',
  },
};
export const grantExpired: AccessEvent = {
  type: 'GrantExpired',
  data: { grantId, endsAt: '2026-01-05T09:20:00.000Z' },
};
export const grantRevoked: AccessEvent = {
  type: 'GrantRevoked',
  data: { grantId, by: bob, reason: 'not needed any more' },
};

/** Alice has it at once; who is on call is told, and security reviews it within a day. */
export const glassTerms: AccessTerms = {
  ...terms,
  reason: 'checkout is down and nobody answers the pager',
  breakGlass: {
    announce: ['C0INCIDENTS'],
    tell: ['sre-oncall', 'security'],
    reviewGroups: ['security'],
    reviewWithinSeconds: 86_400,
  },
};
/** A request without an approver, up to its grant. */
export const glassBroken: readonly AccessEvent[] = [
  {
    type: 'AccessRequested',
    data: {
      requester: alice,
      request: {
        connection: 'prod-eks',
        scope: { action: 'rollout-restart', parameters: {} },
        durationSeconds: 900,
        reason: glassTerms.reason,
        breakGlass: true,
      },
      digest: 'digest',
    },
  },
  validated({ type: 'none' }, alice, glassTerms),
  {
    type: 'GrantIssued',
    data: {
      grantId,
      policy,
      grantee: alice,
      terms: glassTerms,
      approvers: [],
      startsAt: '2026-01-05T09:05:00.000Z',
      endsAt: '2026-01-05T09:20:00.000Z',
    },
  },
];
export const reviewRequested: AccessEvent = {
  type: 'ReviewRequested',
  data: { groups: ['security'], dueBy: '2026-01-06T09:00:00.000Z' },
};

export const requestId = '018f0000-0000-7000-8000-000000000001';

/** Events as they stand in the stream, from sequence 1. */
export const recordedAll = (events: readonly AccessEvent[]): RecordedEvent<AccessEvent>[] =>
  events.map((event, index) => ({
    id: `018f0000-0000-7000-8000-00000000e${String(index).padStart(3, '0')}`,
    causationId: requestId,
    actor: { kind: 'service', id: 'test' },
    at,
    event,
    aggregateId: requestId,
    sequence: index + 1,
  }));
