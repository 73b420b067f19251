import type { RequestedRule, Rule } from '@drawbridge/contracts';
import { parseLabels } from './parse-labels.js';

/** A placeholder is a whole word: `{deployment}`, never a part of one. */
const PLACEHOLDER = /^\{([a-z][A-Za-z0-9]{0,30})\}$/;

/** Where a parameter stands decides what it may hold. */
export type PlaceholderUse = 'namespace' | 'resourceName';

/** The parameters that the rules of an action use, and where each of them stands. */
export function placeholdersOf(
  rules: readonly Rule[],
): ReadonlyMap<string, ReadonlySet<PlaceholderUse>> {
  const uses = new Map<string, Set<PlaceholderUse>>();
  const note = (use: PlaceholderUse) => (word: string) => {
    const name = PLACEHOLDER.exec(word)?.[1];
    if (name !== undefined) uses.set(name, (uses.get(name) ?? new Set()).add(use));
  };
  for (const rule of rules) {
    rule.namespaces.forEach(note('namespace'));
    rule.resourceNames?.forEach(note('resourceName'));
  }
  return uses;
}

/**
 * The rules with each `{parameter}` replaced: by a name, by a pattern where it has a `*`, or by a selector where it is
 * labels. Values must have been checked to be what their parameters accept.
 *
 * @throws Error when a placeholder has no value: a rule with a hole in it must never be granted
 */
export function fillPlaceholders(
  rules: readonly Rule[],
  parameters: Readonly<Record<string, string>>,
): RequestedRule[] {
  const fill = (word: string): string => {
    const name = PLACEHOLDER.exec(word)?.[1];
    if (name === undefined) return word;
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (value === undefined) throw new Error(`placeholder "{${name}}" has no value`);
    return value;
  };
  const isFilled = (word: string) => PLACEHOLDER.test(word);
  return rules.map(({ verbs, apiGroups, resources, namespaces, resourceNames }) => ({
    ...{ verbs, apiGroups, resources },
    ...fillNamespaces(namespaces.map(fill)),
    ...fillNames(resourceNames?.map((word) => ({ value: fill(word), isFilled: isFilled(word) }))),
  }));
}

function fillNamespaces(
  namespaces: string[],
): Pick<RequestedRule, 'namespaces' | 'namespaceSelector'> {
  const labels = namespaces.map((value) => (value.includes('=') ? parseLabels(value) : undefined));
  const [matchLabels] = labels;
  if (matchLabels === undefined || labels.length > 1) return { namespaces };
  return { namespaceSelector: { matchLabels } };
}

/** A `*` that an action itself has is no pattern: it is refused where it was read. */
function fillNames(
  names: readonly { readonly value: string; readonly isFilled: boolean }[] = [],
): Pick<RequestedRule, 'resourceNames' | 'resourceNamePatterns'> {
  const isPattern = ({ value, isFilled }: (typeof names)[number]) =>
    isFilled && value.includes('*');
  const patterns = names.filter(isPattern).map(({ value }) => value);
  const plain = names.filter((name) => !isPattern(name)).map(({ value }) => value);
  return {
    ...(plain.length > 0 && { resourceNames: plain }),
    ...(patterns.length > 0 && { resourceNamePatterns: patterns }),
  };
}
