import { randomUUID } from 'node:crypto';
import type { HoldEvent, Principal, ServiceName } from '@drawbridge/contracts';
import type { EventMetadata } from '@drawbridge/kernel';
import { sampleHeldCall } from '@drawbridge/testing';

const agent: Principal = {
  kind: 'agent',
  issuer: 'https://idp.test',
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
const digest = 'ab'.repeat(32);

export const commandHeld: HoldEvent = {
  type: 'CommandHeld',
  data: {
    commandId: '019c0000-2222-7000-8000-000000000003',
    call: {
      ...sampleHeldCall,
      grantId: '019c0000-3333-7000-8000-000000000001',
      agent: { issuer: agent.issuer, subject: agent.subject },
    },
    digest,
    generation: 0,
    agent,
    accessRequestId: '019c0000-1111-7000-8000-000000000001',
    purpose: { reason: 'clean up' },
    environment: 'production',
    reason: 'deleting a namespace deletes everything in it',
    effect: { noDiff: 'a deletion has none', touches: ['14 pods'], warnings: [], soFar: [] },
    approvers: { groups: ['sre-oncall'] },
    decideBy: '2026-01-05T09:15:00.000Z',
    approvalSeconds: 300,
    grantEndsAt: '2026-01-05T10:00:00.000Z',
  },
};

export const holdApproved: HoldEvent = {
  type: 'HoldApproved',
  data: {
    approver: {
      kind: 'human',
      issuer: 'https://idp.test',
      subject: 'alice',
      groups: ['sre-oncall'],
    },
    via: 'http',
    digest,
    validUntil: '2026-01-05T09:20:00.000Z',
  },
};

export const writtenBy = (service: ServiceName): EventMetadata => ({
  id: randomUUID(),
  causationId: 'test',
  actor: { kind: 'service', id: service },
  at: '2026-01-05T09:00:00.000Z',
});
