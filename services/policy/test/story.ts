import type {
  AccessEvent,
  AccessEventData,
  AccessEventType,
  AccessRequestInput,
  ApprovalRequirement,
  HumanDocument,
  Principal,
  Rule,
  StepsRequirement,
  StopTarget,
} from '@drawbridge/contracts';
import { stopKeyOf, Stops } from '@drawbridge/stops';
import type { Circumstances } from '../src/domain/circumstances.js';
import type { Policy, PolicySet } from '../src/domain/policy-set.js';

/** The people, policies and events of the product's story, as fixed data for specs. */
const issuer = 'https://id.corp.test';
export const agent: Principal = {
  kind: 'agent',
  issuer,
  subject: 'agent-oncall',
  groups: ['oncall-agents'],
  owner: 'dana@corp.test',
};
const human = (name: string): Principal => ({
  kind: 'human',
  issuer,
  subject: name,
  email: `${name}@corp.test`,
  groups: ['sre-oncall'],
});
export const [alice, bob, dana] = [human('alice'), human('bob'), human('dana')] as const;

export const at = '2026-01-05T09:00:00.000Z';
/** The document that makes somebody known. */
export const documentOf = ({ issuer, subject, email = '', groups }: Principal): HumanDocument => ({
  apiVersion: 'drawbridge.dev/v1alpha1',
  kind: 'Human',
  metadata: { name: subject, labels: {} },
  spec: { issuer, subject, email, groups, slack: { team: 'T', user: subject } },
});
/** When nothing is out of the ordinary. */
export const calm = (when: string = at): Circumstances => ({
  at: when,
  isDisabled: () => false,
  stops: new Stops(),
});
export const endsAt = '2026-01-05T09:15:00.000Z';
export const grantId = '0192d3f4-0000-7000-8000-000000000009';

export const restartRules: Rule[] = [
  {
    verbs: ['get', 'list', 'watch', 'patch'],
    apiGroups: ['apps'],
    resources: ['deployments'],
    namespaces: ['{namespace}'],
    resourceNames: ['{deployment}'],
  },
];
export const viewRules: Rule[] = [
  { verbs: ['get', 'list'], apiGroups: [''], resources: ['pods'], namespaces: ['{namespace}'] },
];

export const oneHuman: Extract<ApprovalRequirement, { type: 'humans' }> = {
  type: 'humans',
  count: 1,
  groups: ['sre-oncall'],
  excludeOwner: true,
  timeoutSeconds: 1800,
};

export const oncall: Policy = {
  name: 'production-oncall',
  subjects: { groups: ['oncall-agents'], kinds: ['agent'] },
  connections: { names: ['prod-eks'], environments: [] },
  actions: ['rollout-restart'],
  namespaces: ['payments'],
  rules: [],
  maxDurationSeconds: 900,
  whenTooWide: 'refuse',
  reason: { minLength: 10 },
  ticket: {
    required: true,
    pattern: { source: '^INC-\\d+$', matches: (text) => /^INC-\d+$/.test(text) },
  },
  autoApprove: [],
  approval: oneHuman,
};

export const policySet = (...policies: readonly Policy[]): PolicySet => ({
  version: 'version-one',
  connections: [
    { name: 'prod-eks', environment: 'production' },
    { name: 'staging-eks', environment: 'staging' },
  ],
  actions: [
    { name: 'rollout-restart', parameters: ['namespace', 'deployment'], rules: restartRules },
    { name: 'view', parameters: ['namespace'], rules: viewRules },
  ],
  riskRules: [],
  policies,
});

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

export const terms: AccessEventData<'AccessRequestValidated'>['terms'] = {
  connection: 'prod-eks',
  environment: 'production',
  action: 'rollout-restart',
  parameters: { namespace: 'payments', deployment: 'checkout' },
  rules: [
    {
      verbs: ['get', 'list', 'watch', 'patch'],
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

type EventOf<Type extends AccessEventType> = Extract<AccessEvent, { type: Type }>;

export const requested = (
  more: Partial<AccessRequestInput> = {},
  requester: Principal = agent,
): EventOf<'AccessRequested'> => ({
  type: 'AccessRequested',
  data: { requester, request: { ...request, ...more }, digest: 'digest' },
});

export const validated = (
  more: Partial<AccessEventData<'AccessRequestValidated'>> = {},
): EventOf<'AccessRequestValidated'> => ({
  type: 'AccessRequestValidated',
  data: {
    policy: { name: 'production-oncall', version: 'version-one' },
    requester: agent,
    terms,
    cuts: [],
    approval: oneHuman,
    risk: {
      level: 'medium',
      reasons: ['changes in environment "production"'],
      score: 30,
      factors: [{ points: 30, reason: 'changes in environment "production"', by: 'rule' }],
    },
    ...more,
  },
});

/** Of the leads, for policies that ask in steps. */
export const carol: Principal = { ...human('carol'), groups: ['sre-leads'] };
/** One of on-call, then one of the leads. */
export const twoSteps = (more: Partial<StepsRequirement> = {}): StepsRequirement => ({
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

export const given = (
  approver: Principal,
  more: Partial<AccessEventData<'ApprovalGiven'>> = {},
): EventOf<'ApprovalGiven'> => ({
  type: 'ApprovalGiven',
  data: { approver, via: 'slack', ...more },
});
export const voidedOf = (approver: Principal): EventOf<'ApprovalVoided'> => ({
  type: 'ApprovalVoided',
  data: { approver, reason: 'taken_back' },
});
export const refusedBy = (approver: Principal): EventOf<'ApprovalDenied'> => ({
  type: 'ApprovalDenied',
  data: { approver, via: 'slack' },
});
export const approved = (...approvers: Principal[]): EventOf<'AccessRequestApproved'> => ({
  type: 'AccessRequestApproved',
  data: { approvers },
});
export const withdrawn: EventOf<'AccessRequestWithdrawn'> = {
  type: 'AccessRequestWithdrawn',
  data: { by: agent },
};
export const issued = (
  more: Partial<AccessEventData<'GrantIssued'>> = {},
): EventOf<'GrantIssued'> => ({
  type: 'GrantIssued',
  data: {
    grantId,
    policy: { name: 'production-oncall', version: 'version-one' },
    grantee: agent,
    terms,
    approvers: [alice],
    requiredGroups: ['oncall-agents'],
    startsAt: at,
    endsAt,
    ...more,
  },
});
export const endings = {
  AccessRequestWithdrawn: withdrawn,
  AccessRequestDenied: { type: 'AccessRequestDenied', data: { code: 'x', message: 'x' } },
  AccessRequestRejected: { type: 'AccessRequestRejected', data: { by: alice } },
  AccessRequestLapsed: { type: 'AccessRequestLapsed', data: { decideBy: at } },
  GrantRevoked: { type: 'GrantRevoked', data: { grantId, reason: 'x' } },
  GrantExpired: { type: 'GrantExpired', data: { grantId, endsAt } },
  GrantEnded: { type: 'GrantEnded', data: { grantId, cause: 'used_up' } },
} as const satisfies Partial<Record<AccessEventType, AccessEvent>>;

/** What `alice` has raised, when the story begins. */
export function raisedStops(target: StopTarget = 'all', keep = true): Stops {
  const stops = new Stops();
  const data = { by: alice, via: 'http' as const, reason: 'an incident', target, keep };
  stops.take({
    id: '0192d3f4-0000-7000-8000-0000000000aa',
    causationId: 'test',
    actor: { kind: 'human', id: 'alice' },
    aggregateId: stopKeyOf(target),
    sequence: 1,
    at,
    event: { type: 'BridgesRaised', data },
  });
  return stops;
}
