import type { Rule } from '@drawbridge/contracts';

/** `rbacv1.PolicyRule`, as a Role holds it. */
export interface PolicyRule {
  readonly apiGroups: readonly string[];
  readonly resources: readonly string[];
  readonly verbs: readonly string[];
  readonly resourceNames?: readonly string[];
}

/** What the cluster is asked to enforce for one grant. */
export interface BoundRules {
  /** Of a ClusterRole with a ClusterRoleBinding: every namespace and cluster-scoped calls. */
  readonly everywhere: readonly PolicyRule[];
  /** Of a Role with a RoleBinding in each of these namespaces. */
  readonly byNamespace: ReadonlyMap<string, readonly PolicyRule[]>;
}

/**
 * The verbs of calls. A grant's `*` means these: RBAC's `*` would also be `escalate`, `bind` and `impersonate`,
 * which are no calls, and with which an agent could give itself what outlives its grant.
 */
const callVerbs = [
  ...['get', 'list', 'watch', 'create', 'update', 'patch'],
  ...['delete', 'deletecollection'],
];
const channels = ['exec', 'attach', 'portforward'].map((name) => `pods/${name}`);
/** What the gateway lets nobody use, whatever the grant says. */
const neverBound = new Set(
  ['serviceaccounts/token', '*/proxy'].concat(
    ['nodes', 'pods', 'services'].map((name) => `${name}/proxy`),
  ),
);
/** No other word can be the name of a namespace, so no call is ever in it. */
const namespaceName = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/**
 * The scope of a grant as RBAC can say it. Where RBAC cannot say it exactly, it says more, so that every call
 * that the gateway allows passes, and the gateway alone enforces the difference:
 *
 * - a list or watch without selector that the gateway filters to several names is not possible with
 *   `resourceNames`, so `list` and `watch` are bound without names where a grant has several;
 * - a channel over WebSocket is a `get` to the cluster first, so where `create` of one is granted, so is `get`;
 * - `*` as a resource covers what the gateway never lets through (`/proxy`, tokens of service accounts).
 */
export function boundRules(rules: readonly Rule[]): BoundRules {
  const everywhere: PolicyRule[] = [];
  const byNamespace = new Map<string, PolicyRule[]>();
  const filtered = hasSeveralNames(rules);
  for (const rule of rules) {
    const policies = policyRules(rule, filtered);
    if (policies.length === 0) continue;
    if (rule.namespaces.includes('*')) {
      everywhere.push(...policies);
      continue;
    }
    for (const namespace of new Set(rule.namespaces)) {
      if (!namespaceName.test(namespace)) continue;
      byNamespace.set(namespace, [...(byNamespace.get(namespace) ?? []), ...policies]);
    }
  }
  return { everywhere, byNamespace };
}

const listVerbs = (verbs: readonly string[]) => verbs.filter((verb) => /^(list|watch)$/.test(verb));

/** With one name in all, the gateway selects it upstream, and that RBAC can judge. */
function hasSeveralNames(rules: readonly Rule[]): boolean {
  const names = rules.flatMap(({ verbs, resourceNames }) =>
    listVerbs(expand(verbs)).length > 0 ? (resourceNames ?? []) : [],
  );
  return new Set(names).size > 1;
}

function policyRules({ apiGroups, resources, verbs, resourceNames }: Rule, filtered: boolean) {
  const allVerbs = expand(verbs);
  const creates = allVerbs.includes('create');
  // Reading a channel opens it in clusters before 1.35; in a grant it takes `create`.
  const bound = resources.filter(
    (resource) => !neverBound.has(resource) && (creates || !isChannel(resource)),
  );
  const policies: PolicyRule[] = [];
  const add = (more: readonly string[], on: readonly string[], names = resourceNames) => {
    if (more.length === 0 || on.length === 0) return;
    const rule = { apiGroups: [...apiGroups], resources: on, verbs: more };
    policies.push(names === undefined ? rule : { ...rule, resourceNames: [...names] });
  };
  add(allVerbs, bound);
  if (creates && !allVerbs.includes('get')) add(['get'], channelsOf(bound));
  if (filtered && resourceNames !== undefined) addUnnamed(policies, listVerbs(allVerbs));
  return policies;
}

/** Adds `verbs` on what the first rule is about, without its names. */
function addUnnamed(policies: PolicyRule[], verbs: readonly string[]): void {
  const [named] = policies;
  if (named === undefined || verbs.length === 0) return;
  policies.push({ apiGroups: named.apiGroups, resources: named.resources, verbs });
}

/** The verbs of calls that a rule means; what is no call is not bound unless it is named. */
function expand(verbs: readonly string[]): readonly string[] {
  if (verbs.includes('*')) return callVerbs;
  return [...new Set(verbs)].filter((verb) => !verb.startsWith('impersonate'));
}

const isChannel = (resource: string): boolean =>
  /^(pods|\*)\/(exec|attach|portforward)$/.test(resource);

function channelsOf(resources: readonly string[]): readonly string[] {
  if (resources.includes('*')) return channels;
  return channels.filter(
    (channel) => resources.includes(channel) || resources.includes(channel.replace('pods', '*')),
  );
}
