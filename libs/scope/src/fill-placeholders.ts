import type { Rule } from '@drawbridge/contracts';

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
 * The rules with each `{parameter}` replaced. Values must have been checked to be Kubernetes names.
 *
 * @throws Error when a placeholder has no value: a rule with a hole in it must never be granted
 */
export function fillPlaceholders(
  rules: readonly Rule[],
  parameters: Readonly<Record<string, string>>,
): Rule[] {
  const fill = (word: string): string => {
    const name = PLACEHOLDER.exec(word)?.[1];
    if (name === undefined) return word;
    const value = Object.hasOwn(parameters, name) ? parameters[name] : undefined;
    if (value === undefined) throw new Error(`placeholder "{${name}}" has no value`);
    return value;
  };
  return rules.map((rule) => ({
    ...rule,
    namespaces: rule.namespaces.map(fill),
    ...(rule.resourceNames && { resourceNames: rule.resourceNames.map(fill) }),
  }));
}
