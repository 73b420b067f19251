import type { Rule } from '@drawbridge/contracts';

/** Calls of one kind that a grant let through. */
export interface UsedCalls {
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  /** `''` for cluster-scoped calls, and for those over all namespaces. */
  readonly namespace: string;
  /** Each once, `''` for calls without one; one more than {@link MAX_NAMES} when there are more. */
  readonly names: readonly string[];
  readonly calls: number;
}

/** So many objects are listed one by one; of more it is said that any is meant. */
export const MAX_NAMES = 5;

/** As rules name it: `pods`, `pods/log`. */
export const resourceWord = ({
  resource,
  subresource,
}: Pick<UsedCalls, 'resource' | 'subresource'>): string =>
  subresource === '' ? resource : `${resource}/${subresource}`;

/** What rules allow and no call needed, each word once. A `*` is always more than was used, but where it is needed. */
export interface UnusedWords {
  readonly verbs: readonly string[];
  readonly resources: readonly string[];
  readonly namespaces: readonly string[];
  readonly names: readonly string[];
}

/** The words of `rules` that could be taken away without any of `used` being refused. */
export function unusedWords(rules: readonly Rule[], used: readonly UsedCalls[]): UnusedWords {
  const verbs = new Set(used.map(({ verb }) => verb));
  const resources = new Set(used.flatMap((call) => [resourceWord(call), `*/${call.subresource}`]));
  // Only `*` allows what is in no namespace.
  const namespaces = new Set(used.map(({ namespace }) => (namespace === '' ? '*' : namespace)));
  const names = new Set(used.flatMap((call) => call.names));
  const rest = (of: (rule: Rule) => readonly string[], needed: ReadonlySet<string>) =>
    [...new Set(rules.flatMap(of))].filter((word) => !needed.has(word)).sort();
  // Under names a list without one shows them all, so all are used.
  const isListed = used.some((call) => call.names.includes('') && call.verb !== 'create');
  return {
    verbs: rest((rule) => rule.verbs, verbs),
    resources: rest((rule) => rule.resources, resources),
    namespaces: rest((rule) => rule.namespaces, namespaces),
    names: isListed ? [] : rest((rule) => rule.resourceNames ?? [], names),
  };
}
