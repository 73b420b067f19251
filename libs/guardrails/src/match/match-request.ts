import type { GuardrailMatch } from '@drawbridge/contracts';
import type { GuardedResourceRequest } from '../guarded-call.js';
import type { CallInView } from './call-in-view.js';
import { compileGlobs } from './glob.js';
import { matchOf, type Match } from './tri-state.js';

export type Matcher = (view: CallInView) => Match;

const ANY = '*';
const collectionVerbs = new Set(['list', 'watch', 'deletecollection']);

/** Whether a word is one of some words, of which `*` is any. */
export function isWord(words: readonly string[] | undefined, word: string): boolean {
  return words === undefined || words.includes(word) || words.includes(ANY);
}

/** Whether `resources` and `subresources` of a rule mean this resource. */
export function meansResource(
  { resources, subresources }: Pick<GuardrailMatch, 'resources' | 'subresources'>,
  { resource, subresource }: { readonly resource: string; readonly subresource: string },
): boolean {
  if (subresources !== undefined) {
    return isWord(resources, resource) && isWord(subresources, subresource);
  }
  if (resources === undefined || resources.includes(ANY)) return true;
  if (subresource === '') return resources.includes(resource);
  return resources.includes(`${resource}/${subresource}`) || resources.includes(`*/${subresource}`);
}

/** Fields of a match that speak of resources: a call on none is not meant by a rule that has one. */
const resourceFields = [
  ...(['apiGroups', 'resources', 'subresources', 'namespaces', 'names'] as const),
  ...(['dryRun', 'fieldManagers', 'contentTypes', 'exec'] as const),
];

export const speaksOfResources = (match: GuardrailMatch): boolean =>
  resourceFields.some((field) => match[field] !== undefined);

/** The parts of a match that are not in the index: namespaces, names, and the like. */
export function compileRequestMatch(match: GuardrailMatch): Matcher[] {
  const { namespaces, names, dryRun, fieldManagers, contentTypes, paths } = match;
  return [
    ...(namespaces === undefined ? [] : [ofResource(compileNamespaces(namespaces))]),
    ...(names === undefined ? [] : [compileNames(names)]),
    ...(dryRun === undefined ? [] : [ofResource((request) => matchOf(request.dryRun === dryRun))]),
    ...ofGlob(fieldManagers, ({ call }) =>
      call.request.kind === 'resource' ? call.request.fieldManager : undefined,
    ),
    ...ofGlob(contentTypes, ({ call }) => call.contentType),
    ...ofGlob(paths, ({ call }) =>
      call.request.kind === 'nonResource' ? call.request.path : undefined,
    ),
  ];
}

/** A matcher of one text; a call that does not have it is not meant. */
export function ofGlob(
  patterns: readonly string[] | undefined,
  textOf: (view: CallInView) => string | undefined,
): Matcher[] {
  if (patterns === undefined) return [];
  const isMeant = compileGlobs(patterns);
  return [
    (view) => {
      const text = textOf(view);
      return matchOf(text !== undefined && isMeant(text));
    },
  ];
}

const ofResource =
  (matches: (request: GuardedResourceRequest) => Match): Matcher =>
  ({ call: { request } }) =>
    request.kind === 'resource' ? matches(request) : 'no';

/** A list, watch or deletecollection over all namespaces may touch any of them. */
function compileNamespaces(patterns: readonly string[]) {
  const isMeant = compileGlobs(patterns);
  return (request: GuardedResourceRequest): Match => {
    if (isMeant(request.namespace)) return 'yes';
    const isOverAll = request.namespace === '' && collectionVerbs.has(request.verb);
    return isOverAll ? 'unknown' : 'no';
  };
}

/** The name of the path; of a create the one in the body; a call on a collection may touch any. */
function compileNames(patterns: readonly string[]): Matcher {
  const isMeant = compileGlobs(patterns);
  return ({ call: { request }, facts }) => {
    if (request.kind !== 'resource') return 'no';
    if (request.name !== '') return matchOf(isMeant(request.name));
    if (collectionVerbs.has(request.verb)) return 'unknown';
    const name = nameIn(facts.object);
    return name === undefined ? 'unknown' : matchOf(isMeant(name));
  };
}

/** `undefined` when the cluster makes the name, or when the object is not known. */
function nameIn(object: unknown): string | undefined {
  const metadata = memberOf(object, 'metadata');
  const name = memberOf(metadata, 'name');
  return typeof name === 'string' && name !== '' ? name : undefined;
}

function memberOf(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null && Object.hasOwn(value, key)
    ? (value as Readonly<Record<string, unknown>>)[key]
    : undefined;
}
