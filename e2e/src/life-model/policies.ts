import type {
  AccessRequestInput,
  ApprovalRequirement,
  AutoApproveRule,
  Rule,
} from '@drawbridge/contracts';
import type { Policy, PolicySet } from '@drawbridge/policy/core';
import { everybody, withoutLead } from './people.js';

/** How far the clock of each process may be from the true time; readiness sees to it. */
export const MAX_SKEW_MS = 2_000;

const rule = (verbs: string[], resource: string, names?: string[]): Rule => ({
  verbs,
  apiGroups: [resource === 'deployments' ? 'apps' : ''],
  resources: [resource],
  namespaces: ['payments', 'default'],
  ...(names === undefined ? {} : { resourceNames: names }),
});
export const readPods = rule(['get', 'list'], 'pods');
export const patchCheckout = rule(['get', 'patch'], 'deployments', ['checkout']);
const oncall = { type: 'humans' as const, name: 'on-call', count: 1, groups: ['sre-oncall'] };
const lead = { type: 'humans' as const, name: 'lead', count: 1, groups: ['sre-leads'] };
const common = { denyThreshold: 1, excludeOwner: true, timeoutSeconds: 300 };

/** One connection for each way in which people can be asked. */
const approvals: Readonly<Record<string, ApprovalRequirement>> = {
  lab: { type: 'none' },
  /** None asked for the first few in an hour. */
  quota: { ...common, type: 'humans', count: 1, groups: ['sre-leads'] },
  /** With a fresh login. */
  guarded: { ...common, type: 'humans', count: 1, groups: ['sre-oncall'] },
  legacy: { ...common, type: 'humans', count: 2, groups: ['sre-oncall'] },
  parallel: {
    ...common,
    type: 'steps',
    order: 'parallel',
    denyThreshold: 2,
    steps: [oncall, lead],
  },
  sequence: {
    ...common,
    type: 'steps',
    order: 'sequential',
    steps: [
      {
        ...oncall,
        remindAfterSeconds: 30,
        escalate: [{ afterSeconds: 60, groups: ['managers'] }],
      },
      { ...lead, remindAfterSeconds: 60 },
    ],
  },
};
export const connections = Object.keys(approvals);
const breakGlass = {
  people: ['nora@corp.test'],
  announce: ['C0NIGHT'],
  reviewGroups: ['managers'],
  reviewWithinSeconds: 3_600,
};
/** With what login the guarded one is approved. */
export const loginWanted = { maxAgeSeconds: 60, amr: ['hwk'] };
/** The key of an agent. */
export const boundTo = 'key-of-the-agent';
/** So many requests an hour pass without a human. */
const few: AutoApproveRule = {
  name: 'few',
  actions: ['restart'],
  when: { perHour: 2, maxDurationSeconds: 200 },
};

const policyOf = (connection: string, maxDurationSeconds: number): Policy => ({
  name: `policy-${connection}`,
  subjects: { groups: ['oncall-agents'], kinds: ['agent'] },
  connections: { names: [connection], environments: [] },
  actions: ['restart'],
  namespaces: ['payments', 'default'],
  rules: [readPods, patchCheckout],
  maxDurationSeconds,
  whenTooWide: 'cut',
  reason: { minLength: 1 },
  ticket: { required: false },
  autoApprove: connection === 'quota' ? [few] : [],
  ...(connection === 'guarded' && { stepUp: { fromRisk: 'low', ...loginWanted } }),
  approval: approvals[connection] ?? { type: 'none' },
  ...(connection !== 'legacy' && { extension: { maxSeconds: 400, maxTotalSeconds: 900 } }),
  ...(['parallel', 'guarded'].includes(connection) && { breakGlass }),
});
const setOf = (version: string, policies: readonly Policy[]): PolicySet => ({
  version,
  connections: connections.map((name) => ({ name, environment: 'production' })),
  actions: [{ name: 'restart', parameters: [], rules: [patchCheckout] }],
  riskRules: [],
  people: everybody,
  policies,
});
const all = connections.map((name) => policyOf(name, 600));
/** Nothing passes without a human any more, and logins must be fresher. */
function careful({ breakGlass: glass, ...policy }: Policy): Policy {
  const { stepUp } = policy;
  return {
    ...policy,
    ...(glass && { breakGlass: { ...glass, people: ['somebody.else@corp.test'] } }),
    autoApprove: [],
    ...(stepUp && { stepUp: { ...stepUp, maxAgeSeconds: 30 } }),
    extension: { maxSeconds: 200, maxTotalSeconds: 500 },
  };
}
/** The configurations that may be in force, one after the other and not everywhere at once. */
export const policySets: readonly PolicySet[] = [
  setOf('v-first', all),
  { ...setOf('v-lead-left', all), people: withoutLead },
  setOf(
    'v-shorter',
    connections.map((name) => policyOf(name, 200)),
  ),
  setOf(
    'v-fewer',
    all.filter(({ name }) => ['policy-legacy', 'policy-parallel'].includes(name)),
  ),
  setOf('v-careful', all.map(careful)),
];

/** What is done often. */
export const small: Omit<AccessRequestInput, 'connection'> = {
  scope: { action: 'restart', parameters: {} },
  durationSeconds: 150,
  reason: 'probe',
};
/** The same for longer than passes without a human. */
export const long = { ...small, durationSeconds: 500 };
/** Without an approver. */
export const glass: Omit<AccessRequestInput, 'connection'> = {
  scope: { rules: [readPods, patchCheckout] },
  durationSeconds: 400,
  reason: 'production is down and nobody answers',
  breakGlass: true,
};
/** What agents ask for. */
export const asks: readonly Omit<AccessRequestInput, 'connection'>[] = [
  { scope: { rules: [readPods, patchCheckout] }, durationSeconds: 400, reason: 'probe' },
  small,
  { scope: { rules: [readPods] }, durationSeconds: 9_000, reason: 'a long look' },
  {
    scope: { rules: [readPods, patchCheckout] },
    durationSeconds: 300,
    reason: 'two calls',
    limits: { maxCalls: 2 },
  },
  {
    scope: { rules: [patchCheckout, readPods] },
    durationSeconds: 300,
    reason: 'one change',
    limits: { maxChanges: 1, endWhenUsedUp: true },
  },
  {
    scope: { rules: [readPods, patchCheckout] },
    durationSeconds: 300,
    reason: 'with a key',
    keyThumbprint: boundTo,
  },
];

/** What an approver may leave of it: less, as much, and what would be more. */
export const narrowings: readonly { rules?: Rule[]; durationSeconds?: number }[] = [
  { durationSeconds: 120 },
  { rules: [readPods] },
  { durationSeconds: 60, rules: [{ ...readPods, namespaces: ['payments'] }] },
  { rules: [patchCheckout] },
  { durationSeconds: 5_000 },
  { rules: [rule(['delete'], 'pods')] },
];

/** Calls that are tried at the gateway. */
export const calls: readonly { readonly method: string; readonly target: string }[] = [
  { method: 'GET', target: '/api/v1/namespaces/payments/pods' },
  { method: 'PATCH', target: '/apis/apps/v1/namespaces/payments/deployments/checkout' },
  { method: 'GET', target: '/api/v1/namespaces/default/pods/one' },
  { method: 'DELETE', target: '/api/v1/namespaces/payments/pods/one' },
  { method: 'PATCH', target: '/apis/apps/v1/namespaces/payments/deployments/other' },
  { method: 'GET', target: '/api/v1/namespaces/kube-system/pods' },
];
