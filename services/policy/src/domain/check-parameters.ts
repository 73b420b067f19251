import { NamePattern } from '@drawbridge/contracts';
import { parseLabels, placeholdersOf, type PlaceholderUse } from '@drawbridge/scope';
import type { Denial } from './denial.js';
import type { Action } from './policy-set.js';

/** What is wrong with the parameters that were given for an action; each must be given, and be what it accepts. */
export function checkParameters(
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

/** A value that is a plain name cannot be a wildcard or another placeholder; more is for who accepts it. */
function findInvalid(
  { rules, accepts = {} }: Action,
  given: Readonly<Record<string, string>>,
): Denial | undefined {
  for (const [name, uses] of placeholdersOf(rules)) {
    const value = given[name] ?? '';
    const more = Object.hasOwn(accepts, name) ? accepts[name] : undefined;
    if (more !== undefined && selections[more].isOne(value)) continue;
    const wrong = [...uses].find((use) => !names[use].isName(value));
    if (wrong === undefined) continue;
    const or = more === undefined ? '' : `, or ${selections[more].words}`;
    return {
      code: 'parameter_invalid',
      message: `parameter "${name}" is not ${names[wrong].words}${or}`,
      suggestion:
        more === undefined
          ? `Give one existing name for "${name}"; there are no wildcards.`
          : `Give one existing name for "${name}", or ${selections[more].words}.`,
    };
  }
  return undefined;
}

/** What a parameter may accept besides a name. */
const selections = {
  namePattern: {
    words:
      'a pattern such as checkout-* (at least 3 characters, and one "*" before or behind them)',
    isOne: (value: string) => NamePattern.safeParse(value).success,
  },
  namespaceLabels: {
    words: 'labels of namespaces such as team=payments,tier=web',
    isOne: (value: string) => parseLabels(value) !== undefined,
  },
} as const;
