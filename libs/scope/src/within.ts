import type { Rule } from '@drawbridge/contracts';

const ANY = '*';
/** Bounds the work that the widest well-formed request can cause; a narrow one takes a handful. */
const MAX_COMPARISONS = 5_000;

/**
 * Whether every call that `inner` allows is allowed by one rule of `outer`.
 *
 * Never says yes wrongly. Says no to a request so entangled that {@link partOutside} gives up on it.
 */
export function within(inner: readonly Rule[], outer: readonly Rule[]): boolean {
  return partOutside(inner, outer) === undefined;
}

/**
 * The first part of `inner` that no rule of `outer` allows, as narrow as it can be told (one verb, one API
 * group, one resource, one namespace, one name), so that a refusal can name it; `undefined` when all is inside.
 *
 * Splits a rule only where it does not fit as a whole. After 5 000 comparisons of two rules it reports the
 * part that it was looking at.
 */
export function partOutside(inner: readonly Rule[], outer: readonly Rule[]): Rule | undefined {
  const budget = { comparisons: MAX_COMPARISONS };
  const outside = (part: Rule): Rule | undefined => {
    budget.comparisons -= outer.length + 1;
    if (outer.some((rule) => contains(rule, part))) return undefined;
    const halves = budget.comparisons > 0 ? split(part) : undefined;
    return halves === undefined ? part : (outside(halves[0]) ?? outside(halves[1]));
  };
  return firstDefined(inner, outside);
}

/** Whether one rule allows everything that the other allows. */
function contains(outer: Rule, inner: Rule): boolean {
  return (
    everyWithin(inner.verbs, outer.verbs) &&
    everyWithin(inner.apiGroups, outer.apiGroups) &&
    everyWithin(inner.namespaces, outer.namespaces) &&
    namesWithin(inner, outer) &&
    inner.resources.every((resource) => resourceWithin(resource, outer.resources))
  );
}

function everyWithin(inner: readonly string[], outer: readonly string[]): boolean {
  return outer.includes(ANY) || inner.every((word) => outer.includes(word));
}

function namesWithin(inner: Rule, outer: Rule): boolean {
  if (outer.resourceNames === undefined) return true;
  return (
    inner.resourceNames !== undefined &&
    inner.resourceNames.every((name) => outer.resourceNames?.includes(name))
  );
}

function resourceWithin(resource: string, outer: readonly string[]): boolean {
  if (outer.includes(ANY) || outer.includes(resource)) return true;
  const [, subresource, ...rest] = resource.split('/');
  return subresource !== undefined && rest.length === 0 && outer.includes(`${ANY}/${subresource}`);
}

/** Two rules that together mean what the one means, or `undefined` when it cannot be split. */
function split(rule: Rule): readonly [Rule, Rule] | undefined {
  const dimension = (
    ['verbs', 'apiGroups', 'resources', 'namespaces', 'resourceNames'] as const
  ).find((name) => (rule[name]?.length ?? 0) > 1);
  if (dimension === undefined) return undefined;
  const words = rule[dimension] ?? [];
  const middle = Math.ceil(words.length / 2);
  return [
    { ...rule, [dimension]: words.slice(0, middle) },
    { ...rule, [dimension]: words.slice(middle) },
  ];
}

function firstDefined<In, Out>(
  values: readonly In[],
  find: (value: In) => Out | undefined,
): Out | undefined {
  for (const value of values) {
    const found = find(value);
    if (found !== undefined) return found;
  }
  return undefined;
}
