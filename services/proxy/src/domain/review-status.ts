import type { Principal, Rule } from '@drawbridge/contracts';
import { opensChannel } from './access-attributes.js';
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
  const isExact = rules.every(isPlain);
  return {
    resourceRules: [...rules.flatMap(reachableOf), ...reviewRules],
    nonResourceRules: [{ verbs: ['get'], nonResourceURLs: discoveryPaths }],
    incomplete: !isExact,
    ...(!isExact && { evaluationError: inexact }),
  };
}

const inexact =
  'some calls are refused whatever the rules say (service account tokens, proxying); ask for one with "kubectl auth can-i"';

/** Whether what is listed of a rule is all that it says. */
function isPlain({ verbs, apiGroups, resources }: Rule): boolean {
  const isWide = resources.includes('*') || verbs.includes('*');
  return !isWide && !resources.some((resource) => isNeverReached(resource, apiGroups));
}

function reachableOf({ verbs, apiGroups, resources, resourceNames }: Rule): ResourceRule[] {
  const reachable = resources.filter((resource) => !isNeverReached(resource, apiGroups));
  const names = resourceNames && { resourceNames };
  const plain = reachable.filter((resource) => !isChannel(resource));
  const channels = reachable.filter(isChannel);
  const mayOpen = verbs.includes('create') || verbs.includes('*');
  return [
    ...(plain.length > 0 ? [{ verbs, apiGroups, resources: plain, ...names }] : []),
    // Opening one is a create, whichever way it comes, and there is nothing else to do with it.
    ...(channels.length > 0 && mayOpen
      ? [{ verbs: ['create'], apiGroups, resources: channels, ...names }]
      : []),
  ];
}

const subresourceOf = (resource: string): string => resource.split('/')[1] ?? '';

const isChannel = (resource: string): boolean =>
  opensChannel({ subresource: subresourceOf(resource) });

function isNeverReached(resource: string, apiGroups: readonly string[]): boolean {
  if (subresourceOf(resource) === 'proxy') return true;
  const isCore = apiGroups.includes('') || apiGroups.includes('*');
  return isCore && ['serviceaccounts/token', '*/token'].includes(resource);
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
