import type { NamesLookup, RequestedRule, ResolvedNames } from '@drawbridge/contracts';
import {
  cutToNamespaces,
  describeRule,
  intersectRules,
  isSelective,
  namespacesOf,
  patternsText,
  selectorText,
} from '@drawbridge/scope';
import { isDenial, type Denial } from './denial.js';
import { findPolicies } from './find-policies.js';
import type { Plea } from './judge.js';
import type { Policy, PolicySet } from './policy-set.js';
import { offerOf } from './resolve-scope.js';

/** As many lists as one request makes gateways read. */
const MAX_LOOKUPS = 20;
const ANY = '*';

/** One question to a cluster, and for which rule of the request its answer is. */
export interface Wanted {
  readonly of: Pick<ResolvedNames, 'rule' | 'field' | 'asked' | 'namespace'>;
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

/** What has to be asked about namespaces, each selector once for each of its rules. */
export const wantedNamespaces = ({ rules }: SelectiveScope): readonly Wanted[] =>
  rules.flatMap(({ namespaceSelector }, rule) => {
    if (namespaceSelector === undefined) return [];
    const { matchLabels } = namespaceSelector;
    const of = { rule, field: 'namespaces' as const, asked: selectorText(matchLabels) };
    return [{ of, lookup: { type: 'namespaces' as const, matchLabels } }];
  });

/**
 * What has to be asked about objects, once the namespaces are known. Only where a policy covers the namespace, and, for
 * rules, only about kinds of which it allows something there: a pattern must not tell what else exists.
 */
export function wantedObjects(
  scope: SelectiveScope,
  resolved: readonly ResolvedNames[],
): readonly Wanted[] | Denial {
  const wanted = scope.rules.flatMap((rule, index) => {
    const patterns = rule.resourceNamePatterns;
    if (patterns === undefined) return [];
    const mine = resolved.filter((found) => found.rule === index);
    return coveredOf(scope, namespacesOf(rule, mine)).map((namespace) => ({
      ...{ index, rule, patterns, namespace },
    }));
  });
  const unseen = wanted.find(({ rule, namespace }) => !mayHear(scope, rule, namespace));
  if (unseen !== undefined) return notOffered(unseen.rule, unseen.index, unseen.namespace);
  if (wanted.length > MAX_LOOKUPS) return tooManyLookups();
  return wanted.map(({ index, rule, patterns, namespace }) => ({
    of: { rule: index, field: 'resourceNames', asked: patternsText(patterns), namespace },
    lookup: {
      type: 'objects',
      apiGroup: rule.apiGroups[0] ?? '',
      resource: rule.resources[0]?.split('/')[0] ?? '',
      namespace,
      patterns: [...patterns],
    },
  }));
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

const tooManyLookups = (): Denial => ({
  code: 'selector_too_wide',
  message: `the patterns of the request would have to be looked up in more than ${MAX_LOOKUPS} places`,
  suggestion: 'Name fewer namespaces, or name the objects.',
});
