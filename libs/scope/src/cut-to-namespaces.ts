import type { Rule } from '@drawbridge/contracts';

const ANY = '*';

/**
 * What remains of `rules` inside `namespaces`: allows exactly the calls that `rules` allows in one of them.
 *
 * A rule over `*` becomes a rule over `namespaces`, which ends calls over all namespaces at once and
 * cluster-scoped ones; a rule with nothing inside is left out, so the result may be empty.
 */
export function cutToNamespaces(rules: readonly Rule[], namespaces: readonly string[]): Rule[] {
  if (namespaces.includes(ANY)) return [...rules];
  return rules
    .map((rule) => ({ ...rule, namespaces: intersect(rule.namespaces, namespaces) }))
    .filter((rule) => rule.namespaces.length > 0);
}

/** Every namespace that `rules` name and `namespaces` do not hold, each once; `*` stands for "everywhere". */
export function namespacesOutside(rules: readonly Rule[], namespaces: readonly string[]): string[] {
  if (namespaces.includes(ANY)) return [];
  const named = new Set(rules.flatMap((rule) => rule.namespaces));
  return [...named].filter((namespace) => !namespaces.includes(namespace)).toSorted();
}

function intersect(asked: readonly string[], allowed: readonly string[]): string[] {
  if (asked.includes(ANY)) return [...allowed];
  return asked.filter((namespace) => allowed.includes(namespace));
}
