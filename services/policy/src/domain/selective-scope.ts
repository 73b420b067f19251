import type { NamesLookup, RequestedRule, ResolvedNames } from '@drawbridge/contracts';
import {
  cutToNamespaces,
  describeRule,
  intersectRules,
  isSelective,
  kindText,
  namespacesOf,
  patternsText,
  selectorText,
  type ResolvedFor,
} from '@drawbridge/scope';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Plea } from './judge.js';
import type { Policy, PolicySet } from './policy-set.js';
import { offerOf } from './resolve-scope.js';

/** As many lists as one request makes gateways read. */
const MAX_LOOKUPS = 20;
const ANY = '*';

/** One question to a cluster, and for which selector or pattern of the request its answer is. */
export interface Wanted {
  readonly of: ResolvedFor;
  readonly lookup: NamesLookup;
}

/** The rules of a request that names do not stand in, and what its requester may hear about. */
export interface SelectiveScope {
  readonly rules: readonly RequestedRule[];
  /** The namespaces of the policies that offer it; nothing is said about others. */
  readonly covered: readonly string[];
  /** Those by whose rules it is asked; empty for an action. */
  readonly policies: readonly Policy[];
}

/** `undefined` when nothing is to be looked up: all is named, or it is denied anyway. */
export function selectiveScope(
  { request, requester }: Pick<Plea, 'request' | 'requester'>,
  set: PolicySet,
): SelectiveScope | undefined {
  const found = findPolicies(request, requester, set);
  if (isDenial(found)) return undefined;
  const offer = offerOf(request.scope, found.policies, set);
  if (isDenial(offer) || !offer.rules.some(isSelective)) return undefined;
  return {
    rules: offer.rules,
    covered: [...new Set(offer.policies.flatMap(({ namespaces }) => namespaces))],
    policies: 'rules' in request.scope ? offer.policies : [],
  };
}

/** What has to be asked about namespaces. */
export const wantedNamespaces = ({ rules }: SelectiveScope): readonly Wanted[] | Denial =>
  bounded(
    rules.flatMap(({ namespaceSelector }) => {
      if (namespaceSelector === undefined) return [];
      const { matchLabels } = namespaceSelector;
      const of = { field: 'namespaces' as const, asked: selectorText(matchLabels) };
      return [{ of, lookup: { type: 'namespaces' as const, matchLabels } }];
    }),
  );

/**
 * What has to be asked about objects, once the namespaces are known. Only where a policy covers the namespace, and, for
 * rules, only about kinds of which it allows something there: a pattern must not tell what else exists.
 */
export function wantedObjects(
  scope: SelectiveScope,
  resolved: readonly ResolvedNames[],
): readonly Wanted[] | Denial {
  const wanted: Wanted[] = [];
  for (const [index, rule] of scope.rules.entries()) {
    if (rule.resourceNamePatterns === undefined) continue;
    for (const namespace of coveredOf(scope, namespacesOf(rule, resolved))) {
      if (!mayHear(scope, rule, namespace)) return notOffered(rule, index, namespace);
      wanted.push(objectsOf(rule, rule.resourceNamePatterns, namespace));
    }
  }
  return bounded(wanted);
}

function objectsOf(rule: RequestedRule, patterns: string[], namespace: string): Wanted {
  const { apiGroups, resources } = rule;
  const asked = patternsText(patterns);
  const [resource = ''] = resources[0]?.split('/') ?? [];
  const lookup = {
    type: 'objects' as const,
    apiGroup: apiGroups[0] ?? '',
    resource,
    namespace,
    patterns,
  };
  return { of: { field: 'resourceNames', asked, kind: kindText(rule), namespace }, lookup };
}

/** Each is asked once, in however many rules it is. */
function bounded(wanted: readonly Wanted[]): readonly Wanted[] | Denial {
  const once = new Map(wanted.map((one) => [JSON.stringify(one.of), one]));
  return once.size > MAX_LOOKUPS ? tooManyLookups : [...once.values()];
}

/** Those of some namespaces that its requester may hear about. */
export const coveredOf = (
  { covered }: Pick<SelectiveScope, 'covered'>,
  namespaces: readonly string[],
): readonly string[] =>
  covered.includes(ANY) ? namespaces : namespaces.filter((one) => covered.includes(one));

const namedRule = ({ verbs, apiGroups, resources }: RequestedRule, namespace: string) => ({
  ...{ verbs, apiGroups, resources },
  namespaces: [namespace],
});

function mayHear({ policies }: SelectiveScope, rule: RequestedRule, namespace: string): boolean {
  if (policies.length === 0) return true;
  return policies.some((policy) => {
    const limit = cutToNamespaces(policy.rules, policy.namespaces);
    return intersectRules([namedRule(rule, namespace)], limit)?.length !== 0;
  });
}

const notOffered = (rule: RequestedRule, index: number, namespace: string): Denial => ({
  code: 'scope_too_wide',
  message: `rule ${index + 1} is wider than any policy allows you here: ${describeRule(namedRule(rule, namespace))}`,
  suggestion: 'Ask for another kind of object, or for an action by its name.',
});

const tooManyLookups: Denial = {
  code: 'selector_too_wide',
  message: `what the request selects would have to be looked up in more than ${MAX_LOOKUPS} places`,
  suggestion: 'Name fewer namespaces, or name the objects.',
};
