import type { AcceptEntry } from '../http/negotiation.js';
import { reviewKinds } from '../http/reviews.js';
import type { JsonObject } from '../json.js';
import { type ResourceType, storedVerbs, type Subresource } from '../registry/resource-type.js';
import type { ResourceTypes } from '../resources/catalogue.js';

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
const namedGroups = ({ all }: ResourceTypes): readonly string[] => [
  ...new Set(all.map(({ group }) => group).filter((group) => group !== '')),
  ...reviewGroups.map(({ group }) => group),
];

/** The versions of a group, the preferred one first. */
function versionsOf({ all }: ResourceTypes, group: string): readonly string[] {
  const versions = new Set(
    all.filter((type) => type.group === group).map(({ version }) => version),
  );
  return versions.size === 0 ? ['v1'] : [...versions];
}

/**
 * Answers discovery paths: the lists of groups, of versions and of resources, aggregated (v2) for clients
 * that accept it.
 *
 * @returns `undefined` for any other path.
 */
export function discoveryDocument(
  types: ResourceTypes,
  ...[path, accept]: readonly [path: string, accept: readonly AcceptEntry[]]
): DiscoveryDocument | undefined {
  const aggregated = acceptsAggregated(accept);
  if (path === '/api' || path === '/apis') {
    const groups = path === '/api' ? [''] : namedGroups(types);
    if (aggregated) return aggregatedDocument(types, groups);
    return plain(path === '/api' ? coreVersions : groupList(types, groups));
  }
  if (path === '/api/v1') return plain(resourceList(types, { group: '', version: 'v1' }));
  return path.startsWith('/apis/') ? groupDocument(types, path) : undefined;
}

/** `/apis/<group>` and `/apis/<group>/<version>` */
function groupDocument(types: ResourceTypes, path: string): DiscoveryDocument | undefined {
  const [, group = '', version, ...more] = path.slice(1).split('/');
  if (more.length > 0 || !namedGroups(types).includes(group)) return undefined;
  if (version === undefined) {
    return plain({ kind: 'APIGroup', apiVersion: 'v1', ...groupEntry(types, group) });
  }
  return versionsOf(types, group).includes(version)
    ? plain(resourceList(types, { group, version }))
    : undefined;
}

interface GroupVersion {
  readonly group: string;
  readonly version: string;
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

function groupList(types: ResourceTypes, groups: readonly string[]): JsonObject {
  const entries = groups.map((group) => groupEntry(types, group));
  return { kind: 'APIGroupList', apiVersion: 'v1', groups: entries };
}

function groupEntry(types: ResourceTypes, name: string): JsonObject {
  const versions = versionsOf(types, name).map((version) => ({
    ...{ groupVersion: `${name}/${version}`, version },
  }));
  return { name, versions, preferredVersion: versions[0] };
}

function typesOf({ all }: ResourceTypes, { group, version }: GroupVersion) {
  return all.filter((type) => type.group === group && type.version === version);
}

function reviewsOf(group: string): readonly string[] {
  return reviewGroups.find((candidate) => candidate.group === group)?.resources ?? [];
}

function resourceList(types: ResourceTypes, served: GroupVersion): JsonObject {
  const { group, version } = served;
  const stored = typesOf(types, served).flatMap((type) => [
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
    groupVersion: group === '' ? version : `${group}/${version}`,
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

function aggregatedDocument(types: ResourceTypes, groups: readonly string[]): DiscoveryDocument {
  const items = groups.map((group) => ({
    metadata: group === '' ? { creationTimestamp: null } : { name: group, creationTimestamp: null },
    versions: versionsOf(types, group).map((version) => ({
      ...{ version, freshness: 'Current' },
      resources: aggregatedResources(types, { group, version }),
    })),
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

function aggregatedResources(types: ResourceTypes, served: GroupVersion): readonly JsonObject[] {
  const { group } = served;
  const stored = typesOf(types, served).map((type) => ({
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
