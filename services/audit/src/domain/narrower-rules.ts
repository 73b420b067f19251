import { Rule } from '@drawbridge/contracts';
import { allows, namesAllowed } from '@drawbridge/scope';
import { MAX_NAMES, resourceWord, type UsedCalls } from './used-calls.js';

/**
 * What is named anew all the time: a rule that names one of them is of no use the next day.
 */
const GENERATED = new Set([
  ...['pods', 'replicasets', 'controllerrevisions', 'events', 'endpointslices', 'jobs', 'leases'],
]);
const MAX_RULES = 50;
const MAX_WORDS = 100;

/** A part of a rule that holds one word of each kind but verbs and names. */
interface Atom {
  readonly verbs: readonly string[];
  readonly apiGroup: string;
  readonly resources: readonly string[];
  readonly namespaces: readonly string[];
  /** Absent: any. */
  readonly names: readonly string[] | undefined;
}

export interface NarrowingOptions {
  /** What stands for a namespace or name: of an action, the parameter whose value it is. */
  readonly word?: (value: string, of: 'namespace' | 'name') => string | undefined;
  /** Whether objects are named that no parameter stands for. @default true */
  readonly pinNames?: boolean;
}

/**
 * Atoms of rules that allow `used`: the same verbs, resources and namespaces and no others. Objects are named where
 * they are few and have names that last; elsewhere any is meant, if the grant allowed any.
 */
export function atomsOf(
  rules: readonly Rule[],
  used: readonly UsedCalls[],
  options: NarrowingOptions = {},
): readonly Atom[] {
  return used.flatMap((call) => {
    const isAnyAllowed = allows(rules, { ...call, name: '' });
    const namings = isAnyAllowed ? [namesOf(call, options)] : namesUnder(rules, call, options);
    return namings.map((names) => ({
      verbs: [call.verb],
      apiGroup: call.apiGroup,
      resources: [resourceWord(call)],
      namespaces: [namespaceOf(call, options)],
      names,
    }));
  });
}

const namespaceOf = ({ namespace }: UsedCalls, { word }: NarrowingOptions): string =>
  namespace === '' ? '*' : (word?.(namespace, 'namespace') ?? namespace);

/** Under a rule that names no objects. */
function namesOf(
  { names, resource }: UsedCalls,
  { word, pinNames = true }: NarrowingOptions,
): readonly string[] | undefined {
  if (names.length > MAX_NAMES || names.includes('')) return undefined;
  const words = names.map((name) => word?.(name, 'name'));
  if (words.every((one) => one !== undefined)) return unique(words);
  const canBeNamed = names.every((name) => Rule.shape.resourceNames.safeParse([name]).success);
  return pinNames && canBeNamed && !GENERATED.has(resource) ? unique(names) : undefined;
}

/** Under rules that name objects: those of them that were called by, or all that a list without a name shows. */
function namesUnder(
  rules: readonly Rule[],
  call: UsedCalls,
  { word }: NarrowingOptions,
): readonly (readonly string[])[] {
  const named = namesAllowed(rules, { ...call, name: '' });
  const isWhole = call.names.includes('') || call.names.length > MAX_NAMES;
  const needed = isWhole ? named : named.filter((name) => call.names.includes(name));
  const words = unique(needed.map((name) => word?.(name, 'name') ?? name));
  return words.length === 0 ? [] : [words];
}

/**
 * The rules that atoms come to, joined where that adds nothing: rules that differ in one kind of word only.
 *
 * @returns `undefined` when there are more than a rule or a list of rules may hold
 */
export function rulesOf(atoms: readonly Atom[]): Rule[] | undefined {
  const joined = (['verbs', 'names', 'resources', 'namespaces'] as const).reduce<readonly Atom[]>(
    (all, kind) => join(all, kind),
    atoms,
  );
  const rules = joined.map(({ verbs, apiGroup, resources, namespaces, names }) => ({
    ...{ verbs: [...verbs], apiGroups: [apiGroup], resources: [...resources] },
    ...{
      namespaces: [...namespaces],
      ...(names === undefined ? {} : { resourceNames: [...names] }),
    },
  }));
  const isTooLong = rules.some((rule) =>
    Object.values(rule).some((words) => words.length > MAX_WORDS),
  );
  return rules.length === 0 || rules.length > MAX_RULES || isTooLong ? undefined : rules;
}

function join(
  atoms: readonly Atom[],
  kind: 'verbs' | 'names' | 'resources' | 'namespaces',
): Atom[] {
  const groups = new Map<string, Atom[]>();
  for (const atom of atoms) {
    // Any name is no list of names: it is not joined with one, which would make any of some.
    const same = { ...atom, [kind]: kind === 'names' && atom.names === undefined ? 'any' : null };
    const key = JSON.stringify([
      same.verbs,
      same.apiGroup,
      same.resources,
      same.namespaces,
      same.names ?? 'all',
    ]);
    groups.set(key, [...(groups.get(key) ?? []), atom]);
  }
  return [...groups.values()].flatMap((group) => {
    const [first] = group;
    if (first === undefined) return [];
    const words = unique(group.flatMap((atom) => atom[kind] ?? []));
    return [{ ...first, [kind]: first[kind] === undefined ? undefined : words }];
  });
}

const unique = (words: readonly string[]): string[] => [...new Set(words)].sort();
