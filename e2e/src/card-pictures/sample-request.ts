import type {
  AccessEvent,
  AccessEventData,
  AccessTerms,
  ApprovalRequirement,
  Principal,
  Risk,
} from '@drawbridge/contracts';
import { tellStory, type RequestStory } from '@drawbridge/approval/cards';
import { asSteps } from '@drawbridge/scope';

const issuer = 'https://idp.corp.example';
const requestId = '0199a3c4-5f0e-7c31-9d53-2f6b0c7f4e01';
const policy = { name: 'oncall-production', version: 'a1b2c3d4e5f6' };

export const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.example',
};
const human = (name: string, ...groups: string[]): Principal => ({
  kind: 'human',
  issuer,
  subject: name,
  email: `${name}@corp.example`,
  groups,
});
export const alice = human('alice', 'sre-oncall');
export const bob = human('bob', 'sre-leads');

/** As it is without an action. */
export const byRules: AccessTerms = {
  connection: 'prod-eks',
  environment: 'production',
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
  reason:
    'Readiness probe of checkout has failed for 6 minutes, p99 is at 4 s. Restarting the pods.',
  ticket: 'INC-4211',
};

export const terms: AccessTerms = {
  ...byRules,
  action: 'rollout-restart',
  parameters: { namespace: 'payments', deployment: 'checkout' },
};

export const oneHuman: ApprovalRequirement = {
  type: 'humans',
  count: 1,
  groups: ['sre-oncall'],
  excludeOwner: true,
  timeoutSeconds: 1800,
};
export const twoSteps: ApprovalRequirement = {
  type: 'steps',
  order: 'sequential',
  steps: [
    { type: 'humans', name: 'on-call', count: 1, groups: ['sre-oncall'] },
    { type: 'humans', name: 'lead', count: 1, groups: ['sre-leads'] },
  ],
  denyThreshold: 1,
  excludeOwner: true,
  timeoutSeconds: 1800,
};

export interface SampleRequest {
  readonly approval?: ApprovalRequirement;
  readonly changed?: Partial<AccessTerms>;
  readonly risk?: Risk;
  /** What else policy said of it. */
  readonly said?: Pick<AccessEventData<'AccessRequestValidated'>, 'facts' | 'alternative'>;
  /** Asked for by rules, not by an action. */
  readonly isByRules?: true;
  /** @default {@link agent} */
  readonly requester?: Principal;
}

/** One minute passes between an event and the next. */
const START = Date.parse('2026-11-23T09:02:00.000Z');
const instant = (minutes: number): string => new Date(START + minutes * 60_000).toISOString();

/** The story of a request that was asked and of what happened then. */
export function storyOf(sample: SampleRequest, ...then: AccessEvent[]): RequestStory {
  const events = [...asked(sample), ...then];
  const story = tellStory(
    events.map((event, index) => ({
      id: `0199a3c4-5f0e-7c31-9d53-${String(index).padStart(12, '0')}`,
      causationId: requestId,
      actor: { kind: 'service', id: 'sample' },
      at: instant(Math.max(0, index - 2)),
      event,
      aggregateId: requestId,
      sequence: index + 1,
    })),
  );
  if (story === undefined) throw new Error('the sample tells no story');
  return story;
}

function asked({
  approval = oneHuman,
  changed = {},
  risk,
  said = {},
  isByRules,
  requester = agent,
}: SampleRequest): AccessEvent[] {
  const { connection, rules, durationSeconds, reason } = terms;
  const request = { connection, scope: { rules }, durationSeconds, reason };
  return [
    { type: 'AccessRequested', data: { requester, request, digest: 'sample' } },
    {
      type: 'AccessRequestValidated',
      data: {
        policy,
        requester,
        terms: isByRules === true ? { ...byRules, ...changed } : { ...terms, ...changed },
        cuts: [],
        approval,
        risk: risk ?? { level: 'medium', reasons: ['changes a workload in production'] },
        ...said,
      },
    },
    ...(approval.type === 'none' ? [] : [asking({ approval, decideBy: instant(30) })]),
  ];
}

const asking = (data: AccessEventData<'ApprovalRequested'>): AccessEvent => ({
  type: 'ApprovalRequested',
  data,
});

/** The agent asks for more time, and policy wants to hear the same humans again. */
export const askedForMore = (seconds: number, reason: string): AccessEvent[] => {
  const approval = asSteps(oneHuman);
  const risk: Risk = { level: 'medium', reasons: ['changes a workload in production'] };
  return [
    { type: 'ExtensionRequested', data: { round: 2, by: agent, seconds, reason } },
    { type: 'ExtensionValidated', data: { round: 2, policy, seconds, approval, risk } },
    asking({ approval, decideBy: instant(17), round: 2 }),
  ];
};

/** Nobody was asked. */
export const grantedTo = (grantee: Principal, of: AccessTerms): AccessEvent => ({
  type: 'GrantIssued',
  data: {
    ...{ grantId: '0199a3c4-5f0e-7c31-9d53-2f6b0c7f4eaa', policy, grantee, terms: of },
    ...{ approvers: [], startsAt: instant(0), endsAt: instant(15) },
  },
});

export const given = (
  approver: Principal,
  more: Partial<AccessEventData<'ApprovalGiven'>> = {},
): AccessEvent => ({ type: 'ApprovalGiven', data: { approver, via: 'slack', seen: 0, ...more } });

export const granted = (...approvers: Principal[]): AccessEvent[] => [
  { type: 'AccessRequestApproved', data: { approvers } },
  {
    type: 'GrantIssued',
    data: {
      grantId: '0199a3c4-5f0e-7c31-9d53-2f6b0c7f4eaa',
      policy,
      grantee: agent,
      terms,
      approvers,
      startsAt: instant(2),
      endsAt: instant(17),
    },
  },
];

export const revoked = (by: Principal, reason: string): AccessEvent => ({
  type: 'GrantRevoked',
  data: { grantId: '0199a3c4-5f0e-7c31-9d53-2f6b0c7f4eaa', by, reason },
});
