import type { Rule } from '@drawbridge/contracts';

const ANY = '*';
/** Bounds the work that the widest well-formed request can cause; a narrow one takes a handful. */
const MAX_COMPARISONS = 5_000;

/** A part of a list of rules that another list does not allow. */
export interface PartOutside {
  /** Which rule it is a part of, from 0. */
  readonly index: number;
  readonly part: Rule;
}

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
export function partOutside(
  inner: readonly Rule[],
  outer: readonly Rule[],
): PartOutside | undefined {
  const limits = outer.map(toLimit);
  const budget = { comparisons: MAX_COMPARISONS };
  const outside = (part: Rule): Rule | undefined => {
    budget.comparisons -= limits.length + 1;
    if (limits.some((limit) => contains(limit, part))) return undefined;
    const halves = budget.comparisons > 0 ? split(part) : undefined;
    return halves === undefined ? part : (outside(halves[0]) ?? outside(halves[1]));
  };
  for (const [index, rule] of inner.entries()) {
    const part = outside(rule);
    if (part !== undefined) return { index, part };
  }
  return undefined;
}

/** A rule made ready to be compared with many others. */
type Limit = Readonly<Record<Exclude<keyof Rule, 'resourceNames'>, ReadonlySet<string>>> & {
  readonly resourceNames: ReadonlySet<string> | undefined;
};

function toLimit({ verbs, apiGroups, resources, namespaces, resourceNames }: Rule): Limit {
  return {
    verbs: new Set(verbs),
    apiGroups: new Set(apiGroups),
    resources: new Set(resources),
    namespaces: new Set(namespaces),
    resourceNames: resourceNames && new Set(resourceNames),
  };
}

/** Whether one rule allows everything that the other allows. */
function contains(outer: Limit, inner: Rule): boolean {
  return (
    everyWithin(inner.verbs, outer.verbs) &&
    everyWithin(inner.apiGroups, outer.apiGroups) &&
    everyWithin(inner.namespaces, outer.namespaces) &&
    namesWithin(inner.resourceNames, outer.resourceNames) &&
    inner.resources.every((resource) => resourceWithin(resource, outer.resources))
  );
}

function everyWithin(inner: readonly string[], outer: ReadonlySet<string>): boolean {
  return outer.has(ANY) || inner.every((word) => outer.has(word));
}

function namesWithin(
  inner: readonly string[] | undefined,
  outer: ReadonlySet<string> | undefined,
): boolean {
  return outer === undefined || (inner?.every((name) => outer.has(name)) ?? false);
}

function resourceWithin(resource: string, outer: ReadonlySet<string>): boolean {
  if (outer.has(ANY) || outer.has(resource)) return true;
  const [, subresource, ...rest] = resource.split('/');
  return subresource !== undefined && rest.length === 0 && outer.has(`${ANY}/${subresource}`);
}

const dimensions = ['verbs', 'apiGroups', 'resources', 'namespaces', 'resourceNames'] as const;

/** Two rules that together mean what the one means, or `undefined` when it cannot be split. */
function split(rule: Rule): readonly [Rule, Rule] | undefined {
  const dimension = dimensions.find((name) => (rule[name]?.length ?? 0) > 1);
  if (dimension === undefined) return undefined;
  const words = rule[dimension] ?? [];
  const middle = Math.ceil(words.length / 2);
  return [
    { ...rule, [dimension]: words.slice(0, middle) },
    { ...rule, [dimension]: words.slice(middle) },
  ];
}
