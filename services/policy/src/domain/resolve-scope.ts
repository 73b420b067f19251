import type { AccessRequestInput, Rule } from '@drawbridge/contracts';
import { fillPlaceholders, placeholdersOf, type PlaceholderUse } from '@drawbridge/scope';
import { suggestOneOf, type Denial } from './denial.js';
import type { Action, Policy, PolicySet } from './policy-set.js';

type Scope = AccessRequestInput['scope'];

/** What a request means in rules, and the policies that take such a request. */
export interface ResolvedScope {
  readonly rules: readonly Rule[];
  readonly policies: readonly Policy[];
  /** Set when an action was asked for by name. */
  readonly action?: string;
  readonly parameters?: Readonly<Record<string, string>>;
}

/** Turns an action into its rules, or takes the rules as they are; refuses what no policy offers. */
export function resolveScope(
  scope: Scope,
  policies: readonly Policy[],
  set: PolicySet,
): ResolvedScope | Denial {
  return 'action' in scope ? resolveAction(scope, policies, set) : resolveRules(scope, policies);
}

function resolveAction(
  { action: name, parameters }: Extract<Scope, { action: string }>,
  policies: readonly Policy[],
  set: PolicySet,
): ResolvedScope | Denial {
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
  return {
    rules: fillPlaceholders(action.rules, parameters),
    policies: offering,
    action: name,
    parameters,
  };
}

function resolveRules(
  { rules }: Extract<Scope, { rules: readonly Rule[] }>,
  policies: readonly Policy[],
): ResolvedScope | Denial {
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

function checkParameters(
  action: Action,
  given: Readonly<Record<string, string>>,
): Denial | undefined {
  const missing = action.parameters.filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0) {
    const message = `action "${action.name}" needs parameter "${missing.join('", "')}"`;
    return { code: 'parameter_missing', message, ...suggestParameters(action) };
  }
  const unknown = Object.keys(given).filter((name) => !action.parameters.includes(name));
  if (unknown.length > 0) {
    const message = `action "${action.name}" has no parameter "${unknown.join('", "')}"`;
    return { code: 'parameter_unknown', message, ...suggestParameters(action) };
  }
  return findInvalid(action, given);
}

function suggestParameters({ parameters }: Action): { suggestion?: string } {
  if (parameters.length === 0) return { suggestion: 'Leave the parameters out.' };
  return { suggestion: `Give exactly the parameters ${parameters.join(', ')}.` };
}

const DNS_LABEL = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/u;
const DNS_SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/u;
const names: Readonly<
  Record<PlaceholderUse, { words: string; isName: (value: string) => boolean }>
> = {
  namespace: {
    words: 'the name of a namespace (lower-case letters, digits and "-", at most 63)',
    isName: (value) => DNS_LABEL.test(value),
  },
  resourceName: {
    words: 'the name of one object (lower-case letters, digits, "-" and ".")',
    isName: (value) => value.length <= 253 && DNS_SUBDOMAIN.test(value),
  },
};

/** A value that is a plain name cannot be a wildcard or another placeholder. */
function findInvalid(
  { rules }: Action,
  given: Readonly<Record<string, string>>,
): Denial | undefined {
  for (const [name, uses] of placeholdersOf(rules)) {
    const wrong = [...uses].find((use) => !names[use].isName(given[name] ?? ''));
    if (wrong === undefined) continue;
    return {
      code: 'parameter_invalid',
      message: `parameter "${name}" is not ${names[wrong].words}`,
      suggestion: `Give one existing name for "${name}"; there are no wildcards.`,
    };
  }
  return undefined;
}

/** Kubernetes reads `pods/*` and `pay*` as ordinary words that match nothing: the requester meant something else. */
function findMalformed(rules: readonly Rule[]): Denial | undefined {
  const isMalformed = (field: string, word: string) =>
    word.includes('*') &&
    (field === 'resourceNames' ||
      (word !== '*' && !(field === 'resources' && /^\*\/[^*/]+$/u.test(word))));
  for (const [index, rule] of rules.entries()) {
    for (const [field, words = []] of Object.entries(rule)) {
      const word = words.find((candidate) => isMalformed(field, candidate));
      if (word === undefined) continue;
      return {
        code: 'rules_malformed',
        message: `"${word}" in ${field} of rule ${index + 1} matches nothing in Kubernetes`,
        suggestion:
          field === 'resourceNames'
            ? 'Name each object, or leave resourceNames out to mean every object.'
            : 'Use whole words, "*" for any, or "*/scale" for a subresource of any resource.',
      };
    }
  }
  return undefined;
}
