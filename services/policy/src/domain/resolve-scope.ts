import type { AccessRequestInput, RequestedRule, ResolvedNames, Rule } from '@drawbridge/contracts';
import {
  fillPlaceholders,
  isSelective,
  patternsText,
  plainRules,
  selectorText,
} from '@drawbridge/scope';
import { checkParameters } from './check-parameters.js';
import { isDenial, suggestOneOf, type Denial } from './denial.js';
import { findMalformed, findUnsearchable } from './find-malformed.js';
import type { Names } from './found-names.js';
import type { Policy, PolicySet } from './policy-set.js';

type Scope = AccessRequestInput['scope'];

/** What a request asks for, as it asks for it, and the policies that take such a request. */
export interface Offer {
  readonly rules: readonly RequestedRule[];
  readonly policies: readonly Policy[];
  /** Set when an action was asked for by name. */
  readonly action?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** The same in rules that name everything. */
export interface ResolvedScope extends Offer {
  readonly rules: readonly Rule[];
  /** What selectors and patterns stood for; absent where there were none. */
  readonly resolved?: readonly ResolvedNames[];
  /** How many namespaces were meant that no policy of the requester covers. */
  readonly hidden: number;
}

interface Surroundings {
  readonly policies: readonly Policy[];
  readonly set: PolicySet;
  /** What was found of selectors and patterns. */
  readonly names: Names | undefined;
}

/** Turns an action into its rules, or takes the rules, with names for all they mean; refuses what no policy offers. */
export function resolveScope(
  scope: Scope,
  { policies, set, names }: Surroundings,
): ResolvedScope | Denial {
  const offer = offerOf(scope, policies, set);
  if (isDenial(offer)) return offer;
  const { rules } = offer;
  if (!rules.some(isSelective)) return { ...offer, rules: plainRules(rules, []), hidden: 0 };
  if (names === undefined || isDenial(names)) return names ?? notLookedUp;
  const empty = rules.findIndex((rule) => isEmpty(rule, names.resolved));
  const found = rules[empty];
  if (found !== undefined) return nothingFound(found, empty);
  const { resolved, hidden } = names;
  return { ...offer, rules: plainRules(rules, resolved), resolved, hidden };
}

const notLookedUp: Denial = {
  code: 'selector_unresolvable',
  message: 'what the request selects was not looked up',
  suggestion: 'Ask again.',
};

const isEmpty = (rule: RequestedRule, resolved: readonly ResolvedNames[]): boolean =>
  plainRules([rule], resolved).length === 0;

function nothingFound(
  { namespaceSelector, resourceNamePatterns, resources }: RequestedRule,
  index: number,
): Denial {
  const where =
    namespaceSelector && `namespaces with ${selectorText(namespaceSelector.matchLabels)}`;
  const what =
    resourceNamePatterns && `${resources.join(', ')} named ${patternsText(resourceNamePatterns)}`;
  return {
    code: 'selector_empty',
    message: `rule ${index + 1} selects nothing that you may ask for: there are no ${[what, where].filter(Boolean).join(' in ')}`,
    suggestion: 'Look for other labels or names, or name what you need.',
  };
}

/** What is asked for in rules, selectors and patterns still in them. */
export function offerOf(scope: Scope, policies: readonly Policy[], set: PolicySet): Offer | Denial {
  return 'action' in scope ? resolveAction(scope, policies, set) : resolveRules(scope, policies);
}

function resolveAction(
  { action: name, parameters }: Extract<Scope, { action: string }>,
  policies: readonly Policy[],
  set: PolicySet,
): Offer | Denial {
  const action = set.actions.find((known) => known.name === name);
  const offering = policies.filter((policy) => policy.actions.includes(name));
  if (action === undefined || offering.length === 0) {
    return {
      code: action === undefined ? 'action_unknown' : 'action_not_allowed',
      message:
        action === undefined
          ? `there is no action "${name}"`
          : `no policy lets you ask for action "${name}" here`,
      ...suggestOneOf('action', offeredActions(policies)),
    };
  }
  const denial = checkParameters(action, parameters);
  if (denial !== undefined) return denial;
  const rules = fillPlaceholders(action.rules, parameters);
  return findUnsearchable(rules) ?? { rules, policies: offering, action: name, parameters };
}

function resolveRules(
  { rules }: Extract<Scope, { rules: readonly unknown[] }>,
  policies: readonly Policy[],
): Offer | Denial {
  const taking = policies.filter((policy) => policy.rules.length > 0);
  if (taking.length === 0) {
    return {
      code: 'rules_not_allowed',
      message: 'no policy lets you ask for rules here; ask for an action by its name',
      ...suggestOneOf('action', offeredActions(policies)),
    };
  }
  return findMalformed(rules) ?? { rules, policies: taking };
}

function offeredActions(policies: readonly Policy[]): readonly string[] {
  return policies.flatMap((policy) => policy.actions);
}
