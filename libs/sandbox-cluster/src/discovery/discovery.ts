import type { AcceptEntry } from '../http/negotiation.js';
import { reviewKinds } from '../http/reviews.js';
import type { JsonObject } from '../json.js';
import { type ResourceType, storedVerbs, type Subresource } from '../registry/resource-type.js';
import { catalogue } from '../resources/catalogue.js';

/** A discovery answer, ready to be sent. */
export interface DiscoveryDocument {
  readonly body: string;
  readonly contentType: string;
}

interface ReviewGroup {
  readonly group: string;
  readonly resources: readonly string[];
}

const reviewGroups: readonly ReviewGroup[] = [
  { group: 'authentication.k8s.io', resources: ['selfsubjectreviews'] },
  {
    group: 'authorization.k8s.io',
    resources: ['selfsubjectaccessreviews', 'selfsubjectrulesreviews'],
  },
];

/** The named groups in the order in which kubectl prefers them. */
const namedGroups = [
  ...new Set(catalogue.map(({ group }) => group).filter((group) => group !== '')),
  ...reviewGroups.map(({ group }) => group),
];

/**
 * Answers discovery paths: the lists of groups, of versions and of resources, aggregated (v2) for clients
 * that accept it.
 *
 * @returns `undefined` for any other path.
 */
export function discoveryDocument(
  path: string,
  accept: readonly AcceptEntry[],
): DiscoveryDocument | undefined {
  const aggregated = acceptsAggregated(accept);
  if (path === '/api' || path === '/apis') {
    const groups = path === '/api' ? [''] : namedGroups;
    if (aggregated) return aggregatedDocument(groups);
    return plain(path === '/api' ? coreVersions : groupList(groups));
  }
  if (path === '/api/v1') return plain(resourceList(''));
  const group = namedGroups.find((name) => path === `/apis/${name}` || path === `/apis/${name}/v1`);
  if (group === undefined) return undefined;
  if (path.endsWith('/v1')) return plain(resourceList(group));
  return plain({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(group) });
}

function plain(document: JsonObject): DiscoveryDocument {
  return { body: `${JSON.stringify(document)}\n`, contentType: 'application/json' };
}

/** True if the client asks for the aggregated form before plain JSON. */
function acceptsAggregated(accept: readonly AcceptEntry[]): boolean {
  const first = accept.find(
    ({ mediaType, parameters }) =>
      mediaType === 'application/json' &&
      (parameters['as'] === undefined ||
        (parameters['g'] === 'apidiscovery.k8s.io' && parameters['v'] === 'v2')),
  );
  return first?.parameters['as'] === 'APIGroupDiscoveryList';
}

const coreVersions = {
  kind: 'APIVersions',
  versions: ['v1'],
  serverAddressByClientCIDRs: [],
};

function groupList(groups: readonly string[]): JsonObject {
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: groups.map(groupEntry) };
}

function groupEntry(name: string): JsonObject {
  const version = { groupVersion: `${name}/v1`, version: 'v1' };
  return { name, versions: [version], preferredVersion: version };
}

function typesOf(group: string): readonly ResourceType[] {
  return catalogue.filter((type) => type.group === group);
}

function reviewsOf(group: string): readonly string[] {
  return reviewGroups.find((candidate) => candidate.group === group)?.resources ?? [];
}

function resourceList(group: string): JsonObject {
  const stored = typesOf(group).flatMap((type) => [
    {
      name: type.resource,
      singularName: type.singular,
      namespaced: type.namespaced,
      kind: type.kind,
      verbs: storedVerbs,
      ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
      ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    },
    ...type.subresources.map((subresource) => subresourceEntry(type, subresource)),
  ]);
  const asked = reviewsOf(group).map((name) => ({
    name,
    singularName: singularReview(name),
    namespaced: false,
    kind: reviewKinds[name],
    verbs: ['create'],
  }));
  return {
    kind: 'APIResourceList',
    apiVersion: 'v1',
    groupVersion: group === '' ? 'v1' : `${group}/v1`,
    resources: [...stored, ...asked],
  };
}

function subresourceEntry(type: ResourceType, subresource: Subresource): JsonObject {
  const { name, kind, group, version, verbs } = subresource;
  return {
    name: `${type.resource}/${name}`,
    singularName: '',
    namespaced: type.namespaced,
    ...(group === undefined ? {} : { group }),
    ...(version === undefined ? {} : { version }),
    kind,
    verbs,
  };
}

function singularReview(resource: string): string {
  return (reviewKinds[resource] ?? '').toLowerCase();
}

function aggregatedDocument(groups: readonly string[]): DiscoveryDocument {
  const items = groups.map((group) => ({
    metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: [{ version: 'v1', resources: aggregatedResources(group), freshness: 'Current' }],
  }));
  const list = {
    kind: 'APIGroupDiscoveryList',
    apiVersion: 'apidiscovery.k8s.io/v2',
    metadata: {},
    items,
  };
  return {
    body: `${JSON.stringify(list)}\n`,
    contentType: 'application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList',
  };
}

function aggregatedResources(group: string): readonly JsonObject[] {
  const stored = typesOf(group).map((type) => ({
    resource: type.resource,
    responseKind: { group: '', version: '', kind: type.kind },
    scope: type.namespaced ? 'Namespaced' : 'Cluster',
    singularResource: type.singular,
    verbs: storedVerbs,
    ...(type.shortNames.length === 0 ? {} : { shortNames: type.shortNames }),
    ...(type.categories.length === 0 ? {} : { categories: type.categories }),
    ...(type.subresources.length === 0
      ? {}
      : {
          subresources: type.subresources.map(({ name, kind, group: own, version, verbs }) => ({
            subresource: name,
            responseKind: { group: own ?? '', version: version ?? '', kind },
            verbs,
          })),
        }),
  }));
  const asked = reviewsOf(group).map((name) => ({
    resource: name,
    responseKind: { group: '', version: '', kind: reviewKinds[name] },
    scope: 'Cluster',
    singularResource: singularReview(name),
    verbs: ['create'],
  }));
  return [...stored, ...asked];
}
