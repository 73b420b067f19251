import type { Rule } from '@drawbridge/contracts';
import { builtinResource } from './builtin-resources.js';

const ANY = '*';

/** What verbs mean to a human, the most dangerous first; verbs that are not listed come right after `*`. */
const verbWords: readonly { readonly words: string; readonly verbs: readonly string[] }[] = [
  { words: 'do anything', verbs: [ANY] },
  { words: 'delete', verbs: ['delete', 'deletecollection'] },
  { words: 'create', verbs: ['create'] },
  { words: 'change', verbs: ['patch', 'update'] },
  { words: 'read', verbs: ['get', 'list', 'watch'] },
];
/** Opened, whatever the verb says: a `get` of `pods/exec` runs commands. */
const opened = ['attach', 'exec', 'portforward', 'proxy'];
const knownVerbs = new Set(verbWords.flatMap(({ verbs }) => verbs));

const subresourceWords: Readonly<Record<string, string>> = {
  attach: 'running processes of',
  eviction: 'evictions of',
  exec: 'shells inside',
  log: 'logs of',
  portforward: 'connections into',
  proxy: 'connections through',
  scale: 'scale of',
  status: 'status of',
  token: 'tokens of',
};

/**
 * Rules in plain words, one line each, the most dangerous first, short enough for a card on a phone:
 * `change (patch) deployment checkout in payments`. Nothing that a rule allows is left out.
 */
export function describeRules(rules: readonly Rule[]): string[] {
  const lines = rules
    .flatMap(splitOpened)
    .flatMap(splitByVerb)
    .map((part) => ({ rank: rankOf(part), line: describePart(part) }));
  const sorted = lines.toSorted((one, other) => one.rank - other.rank);
  return [...new Set(sorted.map(({ line }) => line))];
}

/**
 * The same in fewer lines: what may be done to the same objects stands in one, the most dangerous first:
 * `change (patch) and read (get) deployment checkout in payments`.
 */
export function summarizeRules(rules: readonly Rule[]): string[] {
  const verbsOf = new Map<string, Set<string>>();
  const parts = rules.flatMap(splitOpened).flatMap(splitByVerb);
  for (const part of parts.toSorted((one, other) => rankOf(one) - rankOf(other))) {
    const target = describeTarget(part);
    verbsOf.set(target, (verbsOf.get(target) ?? new Set()).add(describeDoing(part)));
  }
  return [...verbsOf].map(([target, doings]) => `${list([...doings])} ${target}`);
}

/** One rule in one sentence, e.g. for a refusal. */
export function describeRule(rule: Rule): string {
  return describeRules([rule]).join(', ');
}

function splitOpened(rule: Rule): Rule[] {
  const parts = [rule.resources.filter(isOpened), rule.resources.filter((name) => !isOpened(name))];
  return parts
    .filter((resources) => resources.length > 0)
    .map((resources) => ({ ...rule, resources }));
}

function isOpened(resource: string): boolean {
  return opened.includes(resource.split('/')[1] ?? '');
}

function splitByVerb(rule: Rule): Rule[] {
  if (rule.resources.some(isOpened)) return [rule];
  // With `*` the other verbs say nothing more.
  if (rule.verbs.includes(ANY)) return [{ ...rule, verbs: [ANY] }];
  const unknown = rule.verbs.filter((verb) => !knownVerbs.has(verb)).map((verb) => [verb]);
  const known = verbWords.map(({ verbs }) => verbs.filter((verb) => rule.verbs.includes(verb)));
  return [...unknown, ...known]
    .filter((verbs) => verbs.length > 0)
    .map((verbs) => ({ ...rule, verbs }));
}

function rankOf({ verbs: [verb = ''], resources }: Rule): number {
  if (resources.some(isOpened)) return 0.5;
  const known = verbWords.findIndex(({ verbs }) => verbs.includes(verb));
  return known < 0 ? 0.5 : known;
}

function describePart(part: Rule): string {
  return `${describeDoing(part)} ${describeTarget(part)}`;
}

function describeDoing({ resources, verbs }: Rule): string {
  return resources.some(isOpened) ? `open (${verbs.join(', ')})` : describeVerbs(verbs);
}

function describeTarget(part: Rule): string {
  return [describeObjects(part), describeGroups(part), describeNamespaces(part.namespaces)]
    .filter((words) => words !== '')
    .join(' ');
}

function describeVerbs(verbs: readonly string[]): string {
  const known = verbWords.find((words) => words.verbs.includes(verbs[0] ?? ''));
  if (known === undefined) return `use "${verbs.join(', ')}" on`;
  if (known.words === verbs.join()) return known.words;
  return `${known.words} (${verbs.join(', ')})${known.verbs.includes(ANY) ? ' with' : ''}`;
}

function describeObjects({ resources, resourceNames }: Rule): string {
  if (resources.includes(ANY)) {
    return resourceNames ? `anything named ${either(resourceNames)}` : 'any resource';
  }
  const nouns = resources.map((resource) =>
    describeResource(resource, resourceNames !== undefined),
  );
  return resourceNames ? `${list(nouns)} ${either(resourceNames)}` : list(nouns);
}

function describeResource(resource: string, isNamed: boolean): string {
  const [base = resource, subresource] = resource.split('/');
  const noun = base === ANY ? 'any resource' : (isNamed && builtinResource(base)?.singular) || base;
  if (subresource === undefined) return noun;
  return `${subresourceWords[subresource] ?? `subresource ${subresource} of`} ${noun}`;
}

/** Says nothing for the API groups in which everybody expects a built-in resource. */
function describeGroups({ apiGroups, resources }: Rule): string {
  if (apiGroups.includes(ANY)) return 'of any API group';
  const expected = new Set(
    resources.map((name) => builtinResource(name.split('/')[0] ?? '')?.apiGroup),
  );
  const isExpected =
    expected.size === new Set(apiGroups).size && apiGroups.every((group) => expected.has(group));
  if (isExpected) return '';
  return `of API group ${either(apiGroups.map((group) => group || 'core'))}`;
}

function describeNamespaces(namespaces: readonly string[]): string {
  if (namespaces.includes(ANY)) return 'in every namespace and cluster-wide';
  return `in ${list([...new Set(namespaces)])}`;
}

const list = (words: readonly string[]) => join(words, 'and');
const either = (words: readonly string[]) => join(words, 'or');

function join(words: readonly string[], last: string): string {
  if (words.length < 2) return words.join();
  return `${words.slice(0, -1).join(', ')} ${last} ${words.at(-1) ?? ''}`;
}
