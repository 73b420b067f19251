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
 *
 * @see `RuleAllows` in kubernetes/kubernetes, plugin/pkg/auth/authorizer/rbac, and `VerbMatches` and its
 *   siblings in pkg/apis/rbac/v1/evaluation_helpers.go
 */
export function allows(rules: readonly Rule[], attributes: ResourceAttributes): boolean {
  if (attributes.verb === '' || attributes.resource === '') return false;
  return rules.some((rule) => ruleAllows(rule, attributes));
}

function ruleAllows(rule: Rule, call: ResourceAttributes): boolean {
  return (
    includesOrAny(rule.verbs, call.verb) &&
    includesOrAny(rule.apiGroups, call.apiGroup) &&
    rule.resources.some((resource) => resourceMatches(resource, call)) &&
    includesOrAny(rule.namespaces, call.namespace) &&
    (rule.resourceNames === undefined || rule.resourceNames.includes(call.name))
  );
}

function includesOrAny(words: readonly string[], word: string): boolean {
  return words.includes(ANY) || words.includes(word);
}

function resourceMatches(resource: string, call: ResourceAttributes): boolean {
  if (resource === ANY) return true;
  if (call.subresource === '') return resource === call.resource;
  return (
    resource === `${call.resource}/${call.subresource}` || resource === `${ANY}/${call.subresource}`
  );
}
