import type { MatchLabels, RequestedRule, ResolvedNames, Rule } from '@drawbridge/contracts';

/** Rules that say which namespaces or objects they mean by labels or patterns have to be looked up. */
export const isSelective = ({ namespaceSelector, resourceNamePatterns }: RequestedRule): boolean =>
  namespaceSelector !== undefined || resourceNamePatterns !== undefined;

/** A selector in one line, the same for the same labels: `team=payments,tier=web`. */
export const selectorText = (matchLabels: MatchLabels): string =>
  Object.entries(matchLabels)
    .map(([key, value]) => `${key}=${value}`)
    .toSorted()
    .join(',');

/** The patterns of a rule in one line. */
export const patternsText = (patterns: readonly string[]): string =>
  [...new Set(patterns)].toSorted().join(' or ');

/** Of which objects the patterns of a rule are: `pods`, `deployments.apps`. */
export function kindText({ apiGroups: [group = ''], resources: [resource = ''] }: RequestedRule) {
  const [kind = ''] = resource.split('/');
  return group === '' ? kind : `${kind}.${group}`;
}

/** Whether a name is one of those that the pattern means: all but its one `*` is meant to the letter. */
export function matchesPattern(pattern: string, name: string): boolean {
  const fixed = pattern.replace('*', '');
  if (fixed.includes('*') || fixed === pattern) return false;
  return pattern.startsWith('*') ? name.endsWith(fixed) : name.startsWith(fixed);
}

/**
 * What was asked for, in rules that name everything. What a selector or a pattern is not known to stand for stays out, so
 * the result may be empty.
 *
 * Where a rule has patterns it becomes one rule for each namespace, since a name that one namespace has was not found in
 * the others; namespaces with the same names stay together.
 */
export function plainRules(
  rules: readonly RequestedRule[],
  resolved: readonly ResolvedNames[],
): Rule[] {
  return rules.flatMap((rule) => {
    const namespaces = [...namespacesOf(rule, resolved)];
    if (namespaces.length === 0) return [];
    const { verbs, apiGroups, resources, resourceNames, resourceNamePatterns } = rule;
    const base = { verbs, apiGroups, resources };
    if (resourceNamePatterns === undefined) {
      return [{ ...base, namespaces, ...(resourceNames !== undefined && { resourceNames }) }];
    }
    const wanted = { field: 'resourceNames', asked: patternsText(resourceNamePatterns) } as const;
    const namesIn = (namespace: string) => [
      ...(resourceNames ?? []),
      ...namesFor(resolved, { ...wanted, kind: kindText(rule), namespace }),
    ];
    return byNames(namespaces, namesIn).map((named) => ({ ...base, ...named }));
  });
}

/** What was asked for and what it stood for, in words: `namespaces with team=payments: payments, payments-eu`. */
export function describeResolved(found: ResolvedNames): string {
  const { asked, field, kind = 'objects', namespace, names } = found;
  const what =
    field === 'namespaces' ? `namespaces with ${asked}` : `${kind} ${asked} in ${namespace ?? '?'}`;
  return `${what}: ${names.length === 0 ? 'none' : names.join(', ')}`;
}

/** The namespaces that a rule means. */
export function namespacesOf(
  { namespaces, namespaceSelector }: RequestedRule,
  resolved: readonly ResolvedNames[],
): readonly string[] {
  if (namespaceSelector === undefined) return namespaces ?? [];
  const asked = selectorText(namespaceSelector.matchLabels);
  return namesFor(resolved, { field: 'namespaces', asked });
}

type Named = Pick<Rule, 'namespaces'> & { readonly resourceNames: string[] };

function byNames(namespaces: readonly string[], namesIn: (one: string) => string[]): Named[] {
  const groups = new Map<string, Named>();
  for (const namespace of namespaces) {
    const resourceNames = [...new Set(namesIn(namespace))].toSorted();
    if (resourceNames.length === 0) continue;
    const key = JSON.stringify(resourceNames);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { namespaces: [namespace], resourceNames });
    else group.namespaces.push(namespace);
  }
  return [...groups.values()];
}

/** Which selector or pattern some names are for. */
export type ResolvedFor = Omit<ResolvedNames, 'names'>;

/** The names that were found for it; what was found for another one says nothing about it. */
export function namesFor(
  resolved: readonly ResolvedNames[],
  { field, asked, kind, namespace }: ResolvedFor,
): readonly string[] {
  const found = resolved.find(
    (one) =>
      one.field === field &&
      one.asked === asked &&
      one.kind === kind &&
      one.namespace === namespace,
  );
  return found?.names ?? [];
}
