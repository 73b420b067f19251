import type { Rule } from '@drawbridge/contracts';
import { builtinResource } from './builtin-resources.js';

const ANY = '*';
const MAX_KINDS = 3;
/** Of one kind; nobody counts further, and rules may name more than memory holds. */
const MAX_COUNTED = 200;

/** What the worst use of a verb does, the worst first. Whatever is not listed may be anything. */
const effects: readonly { readonly words: string; readonly verbs: readonly string[] }[] = [
  { words: 'deletes', verbs: ['delete', 'deletecollection'] },
  { words: 'creates', verbs: ['create'] },
  { words: 'changes', verbs: ['patch', 'update'] },
];
const reading = ['get', 'list', 'watch'];
const opened = ['attach', 'exec', 'portforward', 'proxy'];

/**
 * How far the rules reach at most, in a few words each: how many objects of what kind and where, what may happen
 * to them, and whether secrets are read: `1 deployment in 1 namespace`, `changes`, `does not read secrets`.
 */
export function blastRadius(rules: readonly Rule[]): readonly string[] {
  return [`${objectWords(rules)} ${placeWords(rules)}`, ...effectWords(rules), secretWords(rules)];
}

function objectWords(rules: readonly Rule[]): string {
  const kinds = new Map<string, Set<string> | typeof ANY>();
  for (const rule of rules) {
    for (const kind of new Set(rule.resources.map(kindOf))) {
      const known = kinds.get(kind) ?? new Set<string>();
      if (known === ANY || rule.resourceNames === undefined) kinds.set(kind, ANY);
      else kinds.set(kind, addObjects(known, rule, rule.resourceNames));
    }
  }
  if (kinds.get(ANY) === ANY) return 'every object of every kind';
  if (kinds.size > MAX_KINDS) return manyWords([...kinds.values()]);
  return join([...kinds].map(([kind, objects]) => countWords(kind, objects)));
}

/** In every namespace a name is one object or many; it is counted once. */
function addObjects(
  known: Set<string>,
  { namespaces, apiGroups }: Rule,
  names: readonly string[],
): Set<string> {
  for (const namespace of namespaces) {
    for (const name of names) {
      if (known.size > MAX_COUNTED) return known;
      known.add(JSON.stringify([apiGroups, namespace, name]));
    }
  }
  return known;
}

function countWords(kind: string, objects: ReadonlySet<string> | typeof ANY): string {
  if (kind === ANY && objects !== ANY) return `every kind of object of ${nameWords(objects.size)}`;
  const singular = builtinResource(kind)?.singular ?? kind;
  if (objects === ANY) return `every ${singular}`;
  return `${numberWords(objects.size)} ${objects.size === 1 ? singular : kind}`;
}

const nameWords = (count: number): string =>
  count === 1 ? '1 name' : `${numberWords(count)} names`;

const numberWords = (count: number): string =>
  count > MAX_COUNTED ? `more than ${MAX_COUNTED}` : String(count);

function manyWords(kinds: readonly (ReadonlySet<string> | typeof ANY)[]): string {
  const counts = kinds.map((objects) => (objects === ANY ? Infinity : objects.size));
  const total = counts.reduce((sum, count) => sum + count, 0);
  return total === Infinity
    ? `every object of ${kinds.length} kinds`
    : `${numberWords(total)} objects of ${kinds.length} kinds`;
}

function placeWords(rules: readonly Rule[]): string {
  const namespaces = new Set(rules.flatMap((rule) => rule.namespaces));
  if (namespaces.has(ANY)) return 'in EVERY namespace and cluster-wide';
  return `in ${namespaces.size} ${namespaces.size === 1 ? 'namespace' : 'namespaces'}`;
}

function effectWords(rules: readonly Rule[]): readonly string[] {
  const verbs = new Set(rules.filter((rule) => !isOnlyOpened(rule)).flatMap((rule) => rule.verbs));
  const opens = rules.some(isOpening) ? ['opens a way into pods'] : [];
  if (verbs.has(ANY)) return [...opens, 'may do anything'];
  const known = effects.filter((effect) => effect.verbs.some((verb) => verbs.has(verb)));
  const all = [...effects.flatMap((effect) => effect.verbs), ...reading];
  const others = [...verbs].filter((verb) => !all.includes(verb));
  const words = [
    ...opens,
    ...(known.length === 0 ? [] : [join(known.map((effect) => effect.words))]),
    ...(others.length === 0 ? [] : ['uses verbs of its own']),
  ];
  return words.length === 0 ? ['only reads'] : words;
}

/** Whatever the verb says: a `get` of `pods/exec` runs commands. `*` stands for subresources too. */
const isOpening = ({ apiGroups, resources }: Rule): boolean =>
  has(apiGroups, ['']) && resources.some((resource) => resource === ANY || isOpened(resource));

const isOnlyOpened = ({ resources }: Rule): boolean => resources.every(isOpened);

function isOpened(resource: string): boolean {
  const [, subresource = ''] = resource.split('/');
  return opened.includes(subresource) || subresource === ANY;
}

function secretWords(rules: readonly Rule[]): string {
  const isRead = rules.some(
    ({ verbs, apiGroups, resources }) =>
      has(verbs, reading) && has(apiGroups, ['']) && has(resources, ['secrets']),
  );
  return isRead ? 'READS SECRETS' : 'does not read secrets';
}

const has = (words: readonly string[], wanted: readonly string[]): boolean =>
  words.some((word) => word === ANY || wanted.includes(word));

const kindOf = (resource: string): string => resource.split('/')[0] ?? resource;

function join(words: readonly string[]): string {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(', ')} and ${words.at(-1) ?? ''}`;
}
