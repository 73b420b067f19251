import type { Rule } from '@drawbridge/contracts';

const ANY = '*';
/** As many as a request may have. */
const MAX_RULES = 50;

/**
 * Rules that allow exactly the calls that both lists allow; `undefined` when it takes more rules than a request may
 * have. Empty when there is no such call.
 */
export function intersectRules(
  one: readonly Rule[],
  other: readonly Rule[],
): readonly Rule[] | undefined {
  const met = one.flatMap((rule) => other.flatMap((limit) => meet(rule, limit) ?? []));
  return met.length > MAX_RULES ? undefined : met;
}

/** What two rules allow both; `undefined` for nothing. */
function meet(one: Rule, other: Rule): Rule | undefined {
  const names = meetNames(one.resourceNames, other.resourceNames);
  const rule = {
    verbs: meetWords(one.verbs, other.verbs, meetWord),
    apiGroups: meetWords(one.apiGroups, other.apiGroups, meetWord),
    resources: meetWords(one.resources, other.resources, meetResource),
    namespaces: meetWords(one.namespaces, other.namespaces, meetWord),
    ...(names !== undefined && { resourceNames: names }),
  };
  return Object.values(rule).every((words) => words.length > 0) ? rule : undefined;
}

/** Without names any name is meant, and calls without one. */
function meetNames(
  one: readonly string[] | undefined,
  other: readonly string[] | undefined,
): string[] | undefined {
  if (one === undefined || other === undefined) {
    const names = one ?? other;
    return names && [...names];
  }
  return one.filter((name) => other.includes(name));
}

type Meet = (one: string, other: string) => string | undefined;

function meetWords(one: readonly string[], other: readonly string[], meetOf: Meet): string[] {
  return [...new Set(one.flatMap((word) => other.flatMap((limit) => meetOf(word, limit) ?? [])))];
}

const meetWord: Meet = (one, other) => {
  if (one === ANY) return other;
  return other === ANY || one === other ? one : undefined;
};

const meetResource: Meet = (one, other) =>
  meetWord(one, other) ?? meetSubresource(one, other) ?? meetSubresource(other, one);

/** A subresource of one resource, where the other is that of any. */
function meetSubresource(one: string, other: string): string | undefined {
  const [, subresource, ...rest] = one.split('/');
  const isOne = subresource !== undefined && rest.length === 0;
  return isOne && other === `${ANY}/${subresource}` ? one : undefined;
}
