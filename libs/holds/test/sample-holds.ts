import type { HeldCall, HoldEvent, Principal } from '@drawbridge/contracts';
import { sampleHeldCall } from '@drawbridge/testing';
import type { HoldRequest } from '../src/domain/hold-command.js';
import type { CallToHold } from '../src/hold-desk.js';
import type { HoldLimits } from '../src/domain/hold-limits.js';
import { callDigest, holdIdOf } from '../src/call-digest.js';

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
/** In no approver group. */
export const erin = human('erin', ['developers']);

export const grantId = '018f0000-0000-7000-8000-00000000aaaa';
export const commandId = '018f0000-0000-7000-8000-00000000c001';
export const at = '2026-01-05T09:00:00.000Z';
/** After {@link at}. */
export const minute = (minutes: number): string =>
  new Date(Date.parse(at) + minutes * 60_000).toISOString();

export const call: HeldCall = {
  ...sampleHeldCall,
  grantId,
  agent: { issuer: agent.issuer, subject: agent.subject },
};

/** What a proxy knows of it. */
export const facts: CallToHold = {
  commandId,
  call,
  agent,
  accessRequestId: '018f0000-0000-7000-8000-000000000001',
  purpose: { reason: 'clean up', ticket: 'INC-4211' },
  environment: 'production',
  reason: 'deleting a namespace deletes everything in it',
  suggestion: 'delete what you made, by name',
  effect: { diff: ['-kind: Namespace'], touches: ['14 pods'], warnings: [], soFar: [] },
  approvers: { groups: ['sre-oncall'] },
  grantEndsAt: minute(60),
};
export const request: HoldRequest = { ...facts, digest: callDigest(call), generation: 0 };

export const limits: HoldLimits = {
  openPerAgent: 2,
  perAgentAndHour: 10,
  decideSeconds: 900,
  approvalSeconds: 300,
};
export const noUsage = { open: 0, lastHour: 0 };
export const holdId = holdIdOf({ grantId, digest: request.digest, generation: 0 });

const shown = { ...request, decideBy: minute(15), approvalSeconds: 300 };
export const held: HoldEvent = { type: 'CommandHeld', data: shown };
/** The same, and it takes two different humans. */
export const heldForTwo: HoldEvent = {
  type: 'CommandHeld',
  data: { ...shown, approvers: { groups: ['sre-oncall'], count: 2 } },
};
export const approvedBy = (approver: Principal, minutes = 1): HoldEvent => ({
  type: 'HoldApproved',
  data: { approver, via: 'slack', digest: request.digest, validUntil: minute(minutes + 5) },
});
export const endorsedBy = (approver: Principal): HoldEvent => ({
  type: 'HoldEndorsed',
  data: { approver, via: 'slack', digest: request.digest },
});
export const deniedBy = (approver: Principal, minutes = 1, reason?: string): HoldEvent => ({
  type: 'HoldDenied',
  data: {
    approver,
    via: 'slack',
    ...(reason === undefined ? {} : { reason }),
    standsUntil: minute(minutes + 10),
  },
});
export const lapsed: HoldEvent = { type: 'HoldLapsed', data: { decideBy: minute(15) } };
export const expired: HoldEvent = { type: 'HoldExpired', data: { validUntil: minute(6) } };
export const cancelled: HoldEvent = { type: 'HoldCancelled', data: { reason: 'client_gone' } };
export const released = (id = commandId): HoldEvent => ({
  type: 'CommandReleased',
  data: { commandId: id, digest: request.digest },
});
