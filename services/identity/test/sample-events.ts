import type {
  AccessEvent,
  AccessEventType,
  AccessRequestInput,
  AccessTerms,
  ApprovalRequirement,
  Principal,
} from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';

const issuer = 'https://idp.corp.test';
export const requestId = '0198f0a4-7f3a-7c40-8e57-0c6b3a4d2e11';
export const questionId = '0198f0a4-9a10-7b52-a1c3-5d2f1e0b9c99';
const grantId = '0198f0a4-9a10-7b52-a1c3-5d2f1e0b9c77';
export const at = '2026-01-05T09:00:00.000Z';
export const endsAt = '2026-01-05T09:15:00.000Z';

export const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
export const human = (name: string, groups: string[] = []): Principal => ({
  kind: 'human',
  issuer,
  subject: `human-${name}`,
  email: `${name}@corp.test`,
  groups,
});
export const alice = human('alice', ['sre-oncall']);

export const request: AccessRequestInput = {
  connection: 'prod-eks',
  scope: {
    action: 'rollout-restart',
    parameters: { namespace: 'payments', deployment: 'checkout' },
  },
  durationSeconds: 900,
  reason: 'readiness probe failing',
  ticket: 'INC-4211',
};
export const policy = { name: 'oncall-production', version: 'a1b2c3d4e5f6' };
export const terms: AccessTerms = {
  connection: 'prod-eks',
  environment: 'production',
  rules: [
    { verbs: ['patch'], apiGroups: ['apps'], resources: ['deployments'], namespaces: ['payments'] },
  ],
  durationSeconds: 900,
  reason: 'readiness probe failing',
};
export const approval: ApprovalRequirement = {
  type: 'humans',
  count: 1,
  groups: ['sre-oncall'],
  excludeOwner: true,
  timeoutSeconds: 1800,
};
export const risk = { level: 'medium' as const, reasons: ['production'] };

/** One event of every type. */
export const sample: {
  readonly [Type in AccessEventType]: Extract<AccessEvent, { type: Type }>;
} = {
  AccessRequested: { type: 'AccessRequested', data: { requester: agent, request, digest: 'd1' } },
  AccessRequestWithdrawn: { type: 'AccessRequestWithdrawn', data: { by: agent } },
  AccessRequestValidated: {
    type: 'AccessRequestValidated',
    data: { policy, requester: agent, terms, cuts: [], approval, risk },
  },
  AccessRequestDenied: {
    type: 'AccessRequestDenied',
    data: { policy, code: 'no_policy', message: 'no policy allows this', suggestion: 'ask less' },
  },
  ApprovalRequested: { type: 'ApprovalRequested', data: { approval, decideBy: endsAt } },
  ApprovalGiven: { type: 'ApprovalGiven', data: { approver: alice, via: 'slack' } },
  ApprovalDenied: { type: 'ApprovalDenied', data: { approver: alice, via: 'slack' } },
  ApprovalVoided: { type: 'ApprovalVoided', data: { approver: alice, reason: 'taken_back' } },
  ApprovalReminded: { type: 'ApprovalReminded', data: { step: 'approval', count: 1 } },
  ApprovalEscalated: { type: 'ApprovalEscalated', data: { step: 'approval', level: 0 } },
  TicketDecided: {
    type: 'TicketDecided',
    data: {
      step: 'change',
      webhook: 'jira',
      ticket: 'INC-4211',
      decision: 'approved',
      by: 'carol@corp.test',
      callbackId: 'sha256:ab',
      seen: 0,
    },
  },
  QuestionAsked: {
    type: 'QuestionAsked',
    data: { questionId, by: alice, via: 'slack', text: 'is payments down?' },
  },
  QuestionAnswered: {
    type: 'QuestionAnswered',
    data: { questionId, by: agent, text: 'checkout alone' },
  },
  AccessRequestApproved: { type: 'AccessRequestApproved', data: { approvers: [alice] } },
  AccessRequestRejected: {
    type: 'AccessRequestRejected',
    data: { by: alice, reason: 'not now' },
  },
  AccessRequestLapsed: { type: 'AccessRequestLapsed', data: { decideBy: endsAt } },
  GrantIssued: {
    type: 'GrantIssued',
    data: { grantId, policy, grantee: agent, terms, approvers: [alice], startsAt: at, endsAt },
  },
  ExtensionRequested: {
    type: 'ExtensionRequested',
    data: { round: 2, by: agent, seconds: 600, reason: 'still restarting' },
  },
  ExtensionOffered: {
    type: 'ExtensionOffered',
    data: { round: 2, by: alice, via: 'slack', seconds: 600, reason: 'still restarting' },
  },
  ExtensionValidated: {
    type: 'ExtensionValidated',
    data: { round: 2, policy, seconds: 600, approval, risk },
  },
  ExtensionDenied: {
    type: 'ExtensionDenied',
    data: { round: 2, code: 'extension_too_long', message: 'too long', suggestion: 'ask less' },
  },
  ExtensionApproved: { type: 'ExtensionApproved', data: { round: 2, approvers: [alice] } },
  ExtensionClosed: {
    type: 'ExtensionClosed',
    data: { round: 2, outcome: 'rejected', by: alice, reason: 'not now' },
  },
  GrantExtended: {
    type: 'GrantExtended',
    data: { grantId, round: 2, endsAt: '2026-01-05T09:25:00.000Z', approvers: [alice] },
  },
  RevocationOrdered: {
    type: 'RevocationOrdered',
    data: { by: alice, via: 'http', reason: 'not needed' },
  },
  GrantRevoked: { type: 'GrantRevoked', data: { grantId, reason: 'policy changed' } },
  GrantExpired: { type: 'GrantExpired', data: { grantId, endsAt } },
  GrantEnded: { type: 'GrantEnded', data: { grantId, cause: 'used_up' } },
  ReviewRequested: { type: 'ReviewRequested', data: { groups: ['security'], dueBy: endsAt } },
  ReviewReminded: { type: 'ReviewReminded', data: { count: 1 } },
  ReviewCompleted: {
    type: 'ReviewCompleted',
    data: { by: alice, via: 'http', verdict: 'justified', note: 'the pager was late' },
  },
};

/** The event as it stands in the store, at position `sequence`. */
export const recorded = (event: AccessEvent, sequence: number): RecordedEvent<AccessEvent> => ({
  id: `0198f0a4-0000-7000-8000-${String(sequence).padStart(12, '0')}`,
  causationId: 'cause',
  actor: { kind: 'service', id: 'test' },
  at,
  aggregateId: requestId,
  sequence,
  event,
});
