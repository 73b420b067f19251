import type { ResourceAttributes, Rule } from '@drawbridge/contracts';

const ANY = '*';

/**
 * Whether one of `rules` allows the call, with the meaning of Kubernetes RBAC:
 *
 * - `*` as a verb, API group or resource is any; any other `*` is an ordinary character;
 * - the resource `*` is any resource and any subresource; `pods` is not `pods/log`; `*\/scale` is the
 *   subresource `scale` of any resource; `pods/*` is no pattern;
 * - with `resourceNames` the call must carry one of them, so a create, a deletecollection or an unselective
 *   list or watch is never meant (a `metadata.name` field selector makes a list or watch carry a name);
 * - the namespace `*` is any namespace, all namespaces at once, and cluster-scoped calls.
 *
 * Rules never add up: one rule must allow the whole call. A call without verb or resource is never allowed.
 * Runs on every call of the data path: allocates nothing.
 *
 * @see `RuleAllows` in kubernetes/kubernetes, plugin/pkg/auth/authorizer/rbac, and `VerbMatches` and its
 *   siblings in pkg/apis/rbac/v1/evaluation_helpers.go
 */
export function allows(rules: readonly Rule[], attributes: ResourceAttributes): boolean {
  if (attributes.verb === '' || attributes.resource === '') return false;
  for (const rule of rules) {
    if (namesInclude(rule, attributes.name) && allowsButForName(rule, attributes)) return true;
  }
  return false;
}

/**
 * The names of the objects that `rules` allow one by one where they do not allow the call as a whole: those of every
 * rule that misses nothing but a name. Empty when there is none.
 *
 * Rules do not add up by this: each of these objects is allowed by one rule alone.
 */
export function namesAllowed(rules: readonly Rule[], attributes: ResourceAttributes): string[] {
  if (attributes.verb === '' || attributes.resource === '') return [];
  const meant = rules.filter((rule) => allowsButForName(rule, attributes));
  return [...new Set(meant.flatMap(({ resourceNames = [] }) => resourceNames))];
}

function namesInclude({ resourceNames }: Rule, name: string): boolean {
  return resourceNames === undefined || resourceNames.includes(name);
}

function allowsButForName(rule: Rule, call: ResourceAttributes): boolean {
  return (
    includesOrAny(rule.verbs, call.verb) &&
    includesOrAny(rule.apiGroups, call.apiGroup) &&
    resourcesInclude(rule.resources, call) &&
    includesOrAny(rule.namespaces, call.namespace)
  );
}

function includesOrAny(words: readonly string[], word: string): boolean {
  return words.includes(word) || words.includes(ANY);
}

function resourcesInclude(resources: readonly string[], call: ResourceAttributes): boolean {
  for (const resource of resources) {
    if (resourceMatches(resource, call)) return true;
  }
  return false;
}

function resourceMatches(resource: string, { resource: called, subresource }: ResourceAttributes) {
  if (resource === ANY) return true;
  if (subresource === '') return resource === called;
  const base = resource.length - subresource.length - 1;
  if (base <= 0 || resource[base] !== '/' || !resource.endsWith(subresource)) return false;
  return base === called.length
    ? resource.startsWith(called) || isAny(resource, base)
    : isAny(resource, base);
}

const isAny = (resource: string, base: number) => base === 1 && resource.startsWith(ANY);
