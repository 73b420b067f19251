import type { Principal, Rule } from '@drawbridge/contracts';
import { requestOf, type AskedCall } from './asked-call.js';
import { authorize, openNow, type Caller, type Decision } from './authorize.js';
import { discoveryPaths } from './discovery.js';

/** `SubjectAccessReviewStatus` of Kubernetes. */
export interface AccessReviewStatus {
  readonly allowed: boolean;
  readonly reason: string;
}

/** What the gateway would do with the call, asked of the very function that decides on calls. */
export function accessReviewStatus(
  caller: Caller,
  asked: AskedCall,
): { readonly decision: Decision; readonly status: AccessReviewStatus } {
  const decision = authorize({ ...caller, request: requestOf(asked) });
  const allowed = decision.effect === 'allow';
  const reason = allowed ? decision.message : `${decision.reason}: ${decision.message}`;
  return { decision, status: { allowed, reason } };
}

interface ResourceRule {
  readonly verbs: readonly string[];
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** `SubjectRulesReviewStatus` of Kubernetes. */
export interface RulesReviewStatus {
  readonly resourceRules: readonly ResourceRule[];
  readonly nonResourceRules: readonly {
    readonly verbs: readonly string[];
    readonly nonResourceURLs: readonly string[];
  }[];
  readonly incomplete: boolean;
  /** Clients print it when the list is incomplete. */
  readonly evaluationError?: string;
}

/** The gateway answers these to everybody. */
const reviewRules: readonly ResourceRule[] = [
  {
    verbs: ['create'],
    apiGroups: ['authorization.k8s.io'],
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
  {
    verbs: ['create'],
    apiGroups: ['authentication.k8s.io'],
    resources: ['selfsubjectreviews'],
  },
];

/**
 * What the open grants allow in a namespace, as rules. What no rule can open is left out; where a `*` would say
 * more than is true, the list says of itself that it is not exact.
 */
export function rulesReviewStatus(caller: Caller, namespace: string): RulesReviewStatus {
  const open = openNow(caller);
  if (open.length === 0) {
    const nothing = { kind: 'nonResource', verb: 'get', path: '/api' } as const;
    const { reason } = accessReviewStatus(caller, nothing).status;
    const none = { resourceRules: reviewRules, nonResourceRules: [] };
    return { ...none, incomplete: true, evaluationError: reason };
  }
  const rules = open
    .flatMap((grant) => grant.rules)
    .filter(({ namespaces }) => namespaces.includes('*') || namespaces.includes(namespace));
  const listed = rules.map(reachableOf);
  const isExact = rules.every((rule, index) => {
    const isWide = rule.resources.includes('*') || rule.verbs.includes('*');
    return !isWide && listed[index]?.resources.length === rule.resources.length;
  });
  return {
    resourceRules: [...listed.filter(({ resources }) => resources.length > 0), ...reviewRules],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: discoveryPaths }],
    incomplete: !isExact,
    ...(!isExact && { evaluationError: inexact }),
  };
}

const inexact =
  'some calls are refused whatever the rules say (secrets, service account tokens, proxying); ask for one with "kubectl auth can-i"';

function reachableOf({ verbs, apiGroups, resources, resourceNames }: Rule): ResourceRule {
  const inCore = apiGroups.includes('') || apiGroups.includes('*');
  const reachable = resources.filter((resource) => !isNeverReached(resource, inCore));
  return { verbs, apiGroups, resources: reachable, ...(resourceNames && { resourceNames }) };
}

function isNeverReached(resource: string, inCore: boolean): boolean {
  if (resource.endsWith('/proxy')) return true;
  return inCore && ['secrets', 'serviceaccounts/token', '*/token'].includes(resource);
}

/** `UserInfo` of Kubernetes. */
export interface UserInfo {
  readonly username: string;
  readonly groups: readonly string[];
  readonly extra: Readonly<Record<string, readonly string[]>>;
}

/** Who the caller is to the gateway: issuer and subject of the token, its groups, and the grants open now. */
export function userInfo(agent: Principal, caller: Caller): UserInfo {
  const grants = openNow(caller).map(({ grantId }) => grantId);
  return {
    username: `${agent.issuer}#${agent.subject}`,
    groups: agent.groups,
    extra: {
      'drawbridge.dev/connection': [caller.connection],
      ...(grants.length > 0 && { 'drawbridge.dev/grant': grants }),
    },
  };
}
