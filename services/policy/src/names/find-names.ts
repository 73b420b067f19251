import {
  Rules,
  type NamesAnswer,
  type NamesLookup,
  type NamesRefusal,
  type ResolvedNames,
} from '@drawbridge/contracts';
import { matchesPattern, namesFor, plainRules } from '@drawbridge/scope';
import { isDenial, type Denial } from '../domain/denial.js';
import type { Names } from '../domain/found-names.js';
import {
  coveredOf,
  wantedNamespaces,
  wantedObjects,
  type SelectiveScope,
  type Wanted,
} from '../domain/selective-scope.js';

/** For all questions of one request; each has a shorter time of its own. */
const ALL_MS = 10_000;

/** Asks a gateway about one cluster. */
export type AskNames = (lookup: NamesLookup) => Promise<NamesAnswer>;

export interface FindNamesOptions {
  readonly ask: AskNames;
  /** What was shown: only this is asked about again. */
  readonly shown?: readonly ResolvedNames[] | undefined;
}

/** What the selectors and patterns of a request stand for now: first the namespaces, then the objects in them. */
export async function findNames(scope: SelectiveScope, options: FindNamesOptions): Promise<Names> {
  const namespaces = await findNamespaces(scope, options);
  if (isDenial(namespaces)) return namespaces;
  const { hidden } = namespaces;
  const wanted = wantedObjects(scope, namespaces.resolved);
  if (isDenial(wanted)) return wanted;
  const objects = await askAll(wanted, options);
  if (isDenial(objects)) return objects;
  const resolved = [...namespaces.resolved, ...objects];
  const rules = plainRules(scope.rules, resolved);
  // Nothing at all is told apart where it is known what would be left of which rule.
  if (rules.length > 0 && !Rules.safeParse(rules).success) return tooManyRules;
  return { resolved, hidden };
}

async function findNamespaces(scope: SelectiveScope, options: FindNamesOptions): Promise<Names> {
  const wanted = wantedNamespaces(scope);
  if (isDenial(wanted)) return wanted;
  const found = await askAll(wanted, options);
  if (isDenial(found)) return found;
  const hidden = new Set<string>();
  const hide = (names: readonly string[]) => {
    const covered = coveredOf(scope, names);
    for (const name of names) if (!covered.includes(name)) hidden.add(name);
    return [...covered];
  };
  const resolved = found.map((one) => ({ ...one, names: hide(one.names) }));
  // Objects are not looked for there either.
  for (const { namespaces = [], resourceNamePatterns } of scope.rules) {
    if (resourceNamePatterns !== undefined) hide(namespaces);
  }
  return { resolved, hidden: hidden.size };
}

async function askAll(
  wanted: readonly Wanted[],
  { ask, shown }: FindNamesOptions,
): Promise<ResolvedNames[] | Denial> {
  const resolved: ResolvedNames[] = [];
  const endsAtMs = performance.now() + ALL_MS;
  // One by one: whoever asks for much waits for it, and gateways have others to answer.
  for (const { of, lookup } of wanted) {
    if (performance.now() > endsAtMs) return refused('unavailable', of);
    const among = shown && [...namesFor(shown, of)];
    const answer =
      among?.length === 0 ? { names: [] } : await ask(among ? { ...lookup, among } : lookup);
    if ('refusal' in answer) return refused(answer.refusal, of);
    const names = answer.names.filter((name) => isMeant(name, lookup));
    resolved.push({ ...of, names: [...new Set(names)].toSorted() });
  }
  return resolved;
}

const NAMESPACE = /^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/;

/** A gateway is not believed to have looked for what it was asked. */
const isMeant = (name: string, lookup: NamesLookup): boolean =>
  lookup.type === 'namespaces'
    ? NAMESPACE.test(name)
    : lookup.patterns.some((pattern) => matchesPattern(pattern, name));

const tooManyRules: Denial = {
  code: 'selector_too_wide',
  message: 'what the request selects takes more rules or names than a request may have',
  suggestion: 'Select less, or ask for it in several requests.',
};

function refused(refusal: NamesRefusal, { asked }: Wanted['of']): Denial {
  const [code, message, suggestion] = refusals[refusal];
  return { code, message: message(asked), suggestion };
}

const again = 'Ask again in a while.';
const refusals: Readonly<
  Record<NamesRefusal, readonly [Denial['code'], (asked: string) => string, string]>
> = {
  too_many: [
    'selector_too_wide',
    (asked) => `more than 100 are meant by ${asked}`,
    'Give more labels, or more of the name.',
  ],
  too_large: [
    'selector_too_wide',
    (asked) => `there is too much to look through for ${asked}`,
    'Name the objects.',
  ],
  not_permitted: [
    'selector_unresolvable',
    (asked) => `the gateway itself may not look up ${asked} in this cluster`,
    'Name what you need, or have the gateway permitted to list it.',
  ],
  kind_unknown: [
    'selector_unresolvable',
    (asked) => `the cluster does not know the kind of object that ${asked} is about`,
    'Check API group and resource.',
  ],
  unavailable: [
    'selector_unresolvable',
    (asked) => `no gateway could look up ${asked} in the cluster`,
    again,
  ],
};
