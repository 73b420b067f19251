import type { NamesAnswer, NamesLookup } from '@drawbridge/contracts';
import { matchesPattern } from '@drawbridge/scope';

/** A cluster as far as names go: namespaces with their labels, and the pods in them. */
export type ClusterOfNames = Readonly<
  Record<
    string,
    { readonly labels?: Readonly<Record<string, string>>; readonly pods?: readonly string[] }
  >
>;

/** What a gateway says of it. */
export function namesIn(cluster: ClusterOfNames, lookup: NamesLookup): NamesAnswer {
  const all = lookup.type === 'namespaces' ? labelled(cluster, lookup) : podsOf(cluster, lookup);
  const names = all.filter((name) => lookup.among?.includes(name) ?? true);
  return names.length > 100 ? { refusal: 'too_many' } : { names };
}

const labelled = (
  cluster: ClusterOfNames,
  { matchLabels }: Extract<NamesLookup, { type: 'namespaces' }>,
): string[] =>
  Object.entries(cluster).flatMap(([name, { labels = {} }]) =>
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) ? [name] : [],
  );

const podsOf = (
  cluster: ClusterOfNames,
  { namespace, resource, patterns }: Extract<NamesLookup, { type: 'objects' }>,
): string[] =>
  resource === 'pods'
    ? (cluster[namespace]?.pods ?? []).filter((name) =>
        patterns.some((pattern) => matchesPattern(pattern, name)),
      )
    : [];
