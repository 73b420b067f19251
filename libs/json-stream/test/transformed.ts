import { foldKey } from '../src/key-match.js';
import type { Path, Rule, Verdict } from '../src/rule.js';

/** What is not there any more. */
const GONE = Symbol('left out');

export type Json = null | boolean | number | string | Json[] | { [key: string]: Json };

/**
 * The plain meaning of rules, on values instead of bytes: what the scanner is compared with. `undefined` when the
 * whole document is left out.
 */
export function transformed(document: Json, rules: readonly Rule[]): Json | undefined {
  const value = visit(document, [], rules);
  return value === GONE ? undefined : value;
}

function visit(value: Json, path: Path, rules: readonly Rule[]): Json | typeof GONE {
  const here = rules.filter((rule) => matches(rule.path, path));
  if (here.some((rule) => 'drop' in rule || ('keepBy' in rule && !isKept(value, rule))))
    return GONE;
  const mask = here.find((rule) => 'mask' in rule);
  if (mask !== undefined && value !== null) return JSON.parse(mask.mask) as Json;
  if (Array.isArray(value)) {
    return value.map((each) => visit(each, [...path, '[]'], rules)).filter((each) => each !== GONE);
  }
  if (typeof value !== 'object' || value === null) return value;
  const only = here.flatMap((rule) => ('keepOnly' in rule ? [rule.keepOnly.map(foldKey)] : []));
  const members = Object.entries(value)
    .filter(([key]) => only.length === 0 || only.flat().includes(foldKey(key)))
    .map(([key, inner]) => [key, visit(inner, [...path, key], rules)] as const);
  return Object.fromEntries(
    members.flatMap(([key, inner]) => (inner === GONE ? [] : [[key, inner]])),
  );
}

type Guard = Extract<Rule, { keepBy: unknown }>;

const isKept = (element: Json, guard: Guard) => {
  const verdicts = verdictsOn(element, guard);
  return verdicts.includes('keep') && !verdicts.includes('drop');
};

/** What its fields say of an element, in no order. */
export function verdictsOn(element: Json, { keepBy }: Guard): Verdict[] {
  return keepBy.flatMap(({ path, judge }) =>
    valuesAt(element, path).map((value) => judge(typeof value === 'string' ? value : undefined)),
  );
}

function valuesAt(value: Json, [segment, ...rest]: Path): Json[] {
  if (segment === undefined) return [value];
  if (Array.isArray(value))
    return segment === '[]' ? value.flatMap((each) => valuesAt(each, rest)) : [];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value)
    .filter(([key]) => segment === '*' || foldKey(key) === foldKey(segment))
    .flatMap(([, inner]) => valuesAt(inner, rest));
}

function matches(rule: Path, path: Path): boolean {
  if (rule.length !== path.length) return false;
  return rule.every((segment, index) => {
    const actual = path[index] ?? '';
    if (segment === '[]' || actual === '[]') return segment === actual;
    return segment === '*' || foldKey(segment) === foldKey(actual);
  });
}
