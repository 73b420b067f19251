import type {
  AccessEvent,
  AccessEventData,
  Principal,
  StepsRequirement,
} from '@drawbridge/contracts';
import {
  agent,
  alice,
  given,
  grantId,
  issued,
  oncall,
  policySet,
  requested,
  validated,
} from './story.js';

/** A grant of 15 minutes from 9:00 that its policy extends by at most 10 minutes at once, and to 30 in all. */
export const extending = { ...oncall, extension: { maxSeconds: 600, maxTotalSeconds: 1800 } };
export const extendingSet = (
  more: Partial<typeof extending> & { revokeWithApprover?: boolean } = {},
) => policySet({ ...extending, ...more });
export const running: readonly AccessEvent[] = [requested(), validated(), given(alice), issued()];

type EventOf<Type extends AccessEvent['type']> = Extract<AccessEvent, { type: Type }>;

export const wished = (seconds = 600, round = 2): EventOf<'ExtensionRequested'> => ({
  type: 'ExtensionRequested',
  data: { round, by: agent, seconds, reason: 'the roll-out is not through' },
});

export const oneOfSre: StepsRequirement = {
  type: 'steps',
  order: 'parallel',
  steps: [{ type: 'humans', name: 'approval', count: 1, groups: ['sre-oncall'] }],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
};

export const allowed = (
  more: Partial<AccessEventData<'ExtensionValidated'>> = {},
): EventOf<'ExtensionValidated'> => ({
  type: 'ExtensionValidated',
  data: {
    round: 2,
    policy: { name: 'production-oncall', version: 'version-one' },
    seconds: 600,
    approval: oneOfSre,
    risk: { level: 'medium', reasons: [] },
    ...more,
  },
});

export const yesTo = (
  approver: Principal,
  more: Partial<AccessEventData<'ApprovalGiven'>> = {},
): EventOf<'ApprovalGiven'> => ({
  type: 'ApprovalGiven',
  data: { approver, via: 'slack', seen: 0, round: 2, ...more },
});

export const agreed = (round = 2, ...approvers: Principal[]): EventOf<'ExtensionApproved'> => ({
  type: 'ExtensionApproved',
  data: { round, approvers: approvers.length === 0 ? [alice] : approvers },
});

export const extended = (
  endsAt = '2026-01-05T09:25:00.000Z',
  round = 2,
): EventOf<'GrantExtended'> => ({
  type: 'GrantExtended',
  data: { grantId, round, endsAt, approvers: [alice] },
});
