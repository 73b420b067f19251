import { z } from 'zod';
import {
  MAX_NAMES,
  type NamesAnswer,
  type NamesLookup,
  type NamesRefusal,
} from '@drawbridge/contracts';
import { matchesPattern, selectorText } from '@drawbridge/scope';
import { CallRefused } from '../domain/call-refused.js';
import type { AskCluster } from './ask-cluster.js';

/** What looking for names may cost. */
export interface FindLimits {
  /** How many objects are asked for at once: each answer is read in one go, while nothing else is done. */
  readonly pageObjects: number;
  /** Where so many are too long an answer. */
  readonly smallPageObjects: number;
  readonly maxObjects: number;
}

export const findLimits: FindLimits = {
  pageObjects: 100,
  smallPageObjects: 10,
  maxObjects: 10_000,
};

const Page = z.object({
  metadata: z.object({ continue: z.string().optional() }).optional(),
  // An API server writes an empty list as null.
  items: z
    .array(z.object({ metadata: z.object({ name: z.string() }) }))
    .nullable()
    .transform((items) => items ?? []),
});
const version = z.string().regex(/^v[0-9a-z]{1,30}$/);
const Group = z.object({
  preferredVersion: z.object({ version }),
  versions: z.array(z.object({ version })),
});

/** More of them serve the same kinds as the first. */
const MAX_VERSIONS = 3;

/**
 * The names of all objects that are looked for, of a cluster. Nothing of the objects but their names leaves this, and
 * no more than {@link MAX_NAMES} of them.
 */
export async function findNames(
  ask: AskCluster,
  lookup: NamesLookup,
  limits: FindLimits = findLimits,
): Promise<NamesAnswer> {
  return await (lookup.type === 'namespaces'
    ? listNames(ask, '/api/v1/namespaces', { lookup, limits })
    : findObjects(ask, lookup, limits));
}

const refusedBy = (refusal: NamesRefusal): NamesAnswer => ({ refusal });

type ObjectsLookup = Extract<NamesLookup, { type: 'objects' }>;

/** A kind is served in some versions of its group, most often in the one that the cluster prefers. */
async function findObjects(
  ask: AskCluster,
  lookup: ObjectsLookup,
  limits: FindLimits,
): Promise<NamesAnswer> {
  const { apiGroup, resource, namespace } = lookup;
  const bases = apiGroup === '' ? ['/api/v1'] : await basesOf(ask, apiGroup);
  if (!Array.isArray(bases)) return bases;
  for (const base of bases) {
    const path = [base, 'namespaces', namespace, resource].join('/');
    const answer = await listNames(ask, path, { lookup, limits });
    if (!('refusal' in answer) || answer.refusal !== 'kind_unknown') return answer;
  }
  return refusedBy('kind_unknown');
}

async function basesOf(ask: AskCluster, apiGroup: string): Promise<string[] | NamesAnswer> {
  const { statusCode, body } = await ask(`/apis/${apiGroup}`, 'application/json');
  if (statusCode !== 200) return refusedBy(refusalOf(statusCode));
  const group = Group.safeParse(parsed(body));
  if (!group.success) return refusedBy('unavailable');
  const { preferredVersion, versions } = group.data;
  const all = [preferredVersion, ...versions].map((one) => `/apis/${apiGroup}/${one.version}`);
  return [...new Set(all)].slice(0, MAX_VERSIONS);
}

interface Listing {
  readonly lookup: NamesLookup;
  readonly limits: FindLimits;
}

/** Labels, annotations and owners come with the names, but no spec and no data. */
const METADATA_ONLY = 'application/json;as=PartialObjectMetadataList;g=meta.k8s.io;v=v1';

async function listNames(
  ask: AskCluster,
  path: string,
  { lookup, limits }: Listing,
): Promise<NamesAnswer> {
  const names = new Set<string>();
  let [seen, pageObjects, next] = [0, limits.pageObjects, ''];
  while (seen < limits.maxObjects) {
    const page = await askPage(ask, pageTarget(path, { lookup, pageObjects, next }));
    if (typeof page === 'string') {
      if (page !== 'too_large' || pageObjects <= limits.smallPageObjects) return refusedBy(page);
      pageObjects = limits.smallPageObjects;
      continue;
    }
    for (const name of page.names) if (isMeant(name, lookup)) names.add(name);
    if (names.size > MAX_NAMES) return refusedBy('too_many');
    if (page.next === '') return { names: [...names].toSorted() };
    next = page.next;
    // However few it held: pages could go on for ever.
    seen += pageObjects;
  }
  return refusedBy('too_large');
}

interface PageAsked {
  readonly lookup: NamesLookup;
  readonly pageObjects: number;
  /** Where the page before it ended; `''`: the first. */
  readonly next: string;
}

function pageTarget(path: string, { lookup, pageObjects, next }: PageAsked): string {
  const query = new URLSearchParams({
    ...(lookup.type === 'namespaces' && { labelSelector: selectorText(lookup.matchLabels) }),
    limit: String(pageObjects),
    ...(next !== '' && { continue: next }),
  });
  return `${path}?${query.toString()}`;
}

async function askPage(
  ask: AskCluster,
  target: string,
): Promise<{ readonly names: readonly string[]; readonly next: string } | NamesRefusal> {
  const answer = await askOnce(ask, target);
  if (answer === 'too_large') return answer;
  if (answer.statusCode !== 200) return refusalOf(answer.statusCode);
  const page = Page.safeParse(parsed(answer.body));
  if (!page.success) return 'unavailable';
  const { items, metadata } = page.data;
  return { names: items.map((item) => item.metadata.name), next: metadata?.continue ?? '' };
}

/** An answer over the limit is told apart from one that does not come. */
async function askOnce(
  ask: AskCluster,
  target: string,
): Promise<Awaited<ReturnType<AskCluster>> | 'too_large'> {
  try {
    return await ask(target, METADATA_ONLY);
  } catch (error) {
    if (error instanceof CallRefused && error.code === 'upstream_failed') return 'too_large';
    throw error;
  }
}

function isMeant(name: string, lookup: NamesLookup): boolean {
  if (lookup.among?.includes(name) === false) return false;
  return (
    lookup.type === 'namespaces' || lookup.patterns.some((pattern) => matchesPattern(pattern, name))
  );
}

function refusalOf(statusCode: number): NamesRefusal {
  if (statusCode === 403) return 'not_permitted';
  return statusCode === 404 ? 'kind_unknown' : 'unavailable';
}

/** @returns `undefined` for what is no JSON */
function parsed(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}
