import { callRoute } from './call-route.js';
import type { Planted } from './plant.js';
import { NAMESPACE } from './planted-objects.js';
import type { CallRoute, Expected, Route } from './route.js';

const protobuf = 'application/vnd.kubernetes.protobuf';
const as = (kind: string, type = 'application/json') => `${type};as=${kind};g=meta.k8s.io;v=v1`;

interface Format {
  readonly what: string;
  readonly accept: string;
  readonly query?: string;
  readonly gzip?: boolean;
  /** What an agent gets that speaks nothing else is a refusal. */
  readonly isJson?: boolean;
}

const json: Format = { what: 'JSON', accept: 'application/json', isJson: true };

/** How an object can be asked for. */
const formats: readonly Format[] = [
  json,
  { ...json, what: 'packed JSON', gzip: true },
  { ...json, what: 'indented JSON', query: 'pretty=true' },
  { what: 'YAML', accept: 'application/yaml' },
  { what: 'protobuf', accept: protobuf },
  { what: 'protobuf or JSON', accept: `${protobuf}, application/json`, isJson: true },
  { what: 'CBOR', accept: 'application/cbor' },
  { what: 'anything', accept: '*/*', isJson: true },
  { what: 'a Table', accept: as('Table'), isJson: true },
  {
    what: 'a Table with objects',
    accept: as('Table'),
    query: 'includeObject=Object',
    isJson: true,
  },
  { what: 'metadata', accept: as('PartialObjectMetadata'), isJson: true },
  { what: 'metadata as protobuf', accept: as('PartialObjectMetadata', protobuf) },
  { what: 'metadata as CBOR', accept: as('PartialObjectMetadata', 'application/cbor') },
];

/** A list of metadata has a name of its own. */
const listed = (format: Format): Format => ({
  ...format,
  accept: format.accept.replace('PartialObjectMetadata;', 'PartialObjectMetadataList;'),
});

const watched: readonly Format[] = [
  json,
  { what: 'framed JSON', accept: 'application/json;stream=watch', isJson: true },
  { ...json, what: 'packed JSON', gzip: true },
  { what: 'protobuf', accept: `${protobuf};stream=watch` },
  { what: 'CBOR', accept: 'application/cbor' },
  { what: 'a Table', accept: as('Table'), isJson: true },
  {
    what: 'a Table with objects',
    accept: as('Table'),
    query: 'includeObject=Object',
    isJson: true,
  },
  { what: 'metadata', accept: as('PartialObjectMetadata'), isJson: true },
];

interface Type {
  readonly base: string;
  readonly resource: string;
  readonly name?: string | ((names: Planted['names']) => string);
  readonly isClusterWide?: boolean;
  /** Made by a CustomResourceDefinition. */
  readonly isOwn?: boolean;
}

/** Every type in which something was planted. */
const types: readonly Type[] = [
  { base: '/api/v1', resource: 'secrets' },
  { base: '/api/v1', resource: 'configmaps' },
  { base: '/api/v1', resource: 'pods' },
  { base: '/api/v1', resource: 'podtemplates' },
  { base: '/api/v1', resource: 'replicationcontrollers' },
  { base: '/api/v1', resource: 'events' },
  { base: '/api/v1', resource: 'serviceaccounts' },
  { base: '/api/v1', resource: 'services' },
  { base: '/api/v1', resource: 'endpoints' },
  { base: '/api/v1', resource: 'persistentvolumeclaims' },
  { base: '/api/v1', resource: 'persistentvolumes', isClusterWide: true },
  { base: '/apis/apps/v1', resource: 'deployments' },
  { base: '/apis/apps/v1', resource: 'replicasets', name: ({ replicaSet }) => replicaSet },
  { base: '/apis/apps/v1', resource: 'statefulsets' },
  { base: '/apis/apps/v1', resource: 'daemonsets' },
  {
    base: '/apis/apps/v1',
    resource: 'controllerrevisions',
    name: ({ statefulRevision }) => statefulRevision,
  },
  { base: '/apis/batch/v1', resource: 'jobs' },
  { base: '/apis/batch/v1', resource: 'cronjobs' },
  { base: '/apis/events.k8s.io/v1', resource: 'events' },
  { base: '/apis/coordination.k8s.io/v1', resource: 'leases' },
  { base: '/apis/networking.k8s.io/v1', resource: 'ingresses' },
  { base: '/apis/rbac.authorization.k8s.io/v1', resource: 'roles' },
  { base: '/apis/rbac.authorization.k8s.io/v1', resource: 'rolebindings' },
  { base: '/apis/rbac.authorization.k8s.io/v1', resource: 'clusterroles', isClusterWide: true },
  { base: '/apis/storage.k8s.io/v1', resource: 'storageclasses', isClusterWide: true },
  { base: '/apis/scheduling.k8s.io/v1', resource: 'priorityclasses', isClusterWide: true },
  { base: '/apis/leaks.test/v1', resource: 'widgets', isOwn: true },
  {
    base: '/apis/apiextensions.k8s.io/v1',
    resource: 'customresourcedefinitions',
    name: 'widgets.leaks.test',
    isClusterWide: true,
  },
];

const collectionOf = ({ base, resource, isClusterWide = false }: Type): string =>
  isClusterWide ? `${base}/${resource}` : `${base}/namespaces/${NAMESPACE}/${resource}`;

const query = (...pairs: readonly (string | undefined)[]): string => {
  const given = pairs.filter((pair) => pair !== undefined);
  return given.length === 0 ? '' : `?${given.join('&')}`;
};

const expectedOf = ({ isJson = false }: Format): Expected => (isJson ? 'same' : 'either');

/** Types of one's own have no protobuf, but for their metadata. */
const speaks =
  ({ isOwn = false }: Type) =>
  ({ what }: Format): boolean =>
    !(isOwn && what === 'protobuf');

function routesOf(type: Type): Route[] {
  const { base, resource, name = 'planted' } = type;
  const spoken = speaks(type);
  const title = `${base.slice(1)} ${resource}`;
  const path = collectionOf(type);
  const objects = formats.filter(spoken).map((format): Route => {
    const { query: more } = format;
    const what = `get ${title} as ${format.what}`;
    return {
      what,
      expected: expectedOf(format),
      send: async (side, planted) => {
        const one = typeof name === 'string' ? name : name(planted.names);
        const call = { ...format, what, path: `${path}/${one}${query(more)}` };
        return callRoute(call).send(side, planted);
      },
    };
  });
  const lists = formats
    .filter(spoken)
    .map(listed)
    .map((format) =>
      callRoute({
        ...format,
        what: `list ${title} as ${format.what}`,
        path: path + query('limit=500', format.query),
        expected: expectedOf(format),
      }),
    );
  return [...objects, ...lists, ...watched.filter(spoken).map((format) => watchOf(type, format))];
}

/** From the beginning, so that everything comes once more; the API server ends it. */
const FROM_START = 'watch=1&timeoutSeconds=1&sendInitialEvents=true&allowWatchBookmarks=true';
const START = `${FROM_START}&resourceVersionMatch=NotOlderThan`;

const watchOf = (type: Type, format: Format): Route =>
  callRoute({
    ...format,
    what: `watch ${type.base.slice(1)} ${type.resource} as ${format.what}`,
    path: collectionOf(type) + query(START, format.query),
    expected: expectedOf(format),
    forMs: 4_000,
  });

const get = { accept: 'application/json' };
const inNamespace = `/api/v1/namespaces/${NAMESPACE}`;
const logOf = `${inNamespace}/pods/planted/log`;

/** Every user of a cluster may read its schemas, and clients need them byte for byte. */
const tells = 'description in a schema';

/** Other spellings of reading, and what is read but is no object. */
const single: readonly CallRoute[] = [
  { what: 'secrets of all namespaces', path: '/api/v1/secrets', ...get },
  { what: 'secrets page by page', path: `${inNamespace}/secrets?limit=1`, ...get },
  {
    what: 'secrets by field',
    path: `${inNamespace}/secrets?fieldSelector=metadata.name%3Dplanted`,
    ...get,
  },
  { what: 'secrets from the cache', path: `${inNamespace}/secrets?resourceVersion=0`, ...get },
  { what: 'a secret with a slash behind it', path: `${inNamespace}/secrets/planted/`, ...get },
  {
    what: 'the legacy watch of a secret',
    path: `/api/v1/watch/namespaces/${NAMESPACE}/secrets/planted?timeoutSeconds=1`,
    ...get,
    forMs: 4_000,
  },
  {
    what: 'the legacy watch of all secrets',
    path: '/api/v1/watch/secrets?timeoutSeconds=1',
    ...get,
    forMs: 4_000,
  },
  {
    what: 'an empty watch parameter',
    path: `${inNamespace}/secrets?watch=&timeoutSeconds=1&resourceVersion=0`,
    ...get,
    forMs: 4_000,
  },
  { what: 'the status of a pod', path: `${inNamespace}/pods/planted/status`, ...get },
  {
    what: 'containers for debugging of a pod',
    path: `${inNamespace}/pods/planted/ephemeralcontainers`,
    ...get,
  },
  { what: 'the size of a pod', path: `${inNamespace}/pods/planted/resize`, ...get },
  {
    what: 'the status of a deployment',
    path: `/apis/apps/v1/namespaces/${NAMESPACE}/deployments/planted/status`,
    ...get,
  },
  { what: 'a log', path: logOf, accept: '*/*' },
  { what: 'a packed log', path: logOf, accept: '*/*', gzip: true },
  { what: 'a log with times', path: `${logOf}?timestamps=true`, accept: '*/*' },
  { what: 'the end of a log', path: `${logOf}?tailLines=8`, accept: '*/*' },
  { what: 'a log up to the middle of a secret', path: `${logOf}?limitBytes=130`, accept: '*/*' },
  { what: 'a log that goes on', path: `${logOf}?follow=true`, accept: '*/*', forMs: 3_000 },
  { what: 'a log as an event stream', path: logOf, accept: 'text/event-stream, */*' },
  { what: 'OpenAPI v2', path: '/openapi/v2', ...get, tells },
  {
    what: 'OpenAPI v3 of a type of its own',
    path: '/openapi/v3/apis/leaks.test/v1',
    ...get,
    tells,
  },
];

/** Everything that reads. */
export const readingRoutes: readonly Route[] = [
  ...types.flatMap((type) => routesOf(type)),
  ...single.map(callRoute),
];
