import type { Path, Rule } from '@drawbridge/json-stream';
import type { MaskTarget } from './mask-rules.js';

/**
 * Why a field of a built-in type needs no looking through: nothing that a person or a program writes into it can be a
 * secret and still be accepted. A field that is not named here is looked through, one that nobody knows yet too.
 *
 * - `time`, `quantity`: the API server reads it, and writes what it has read.
 * - `word`: the API server takes one of a few words.
 * - `name`: a DNS-1123 name; names of objects are shown, since an agent asks for them by it.
 * - `address`: the API server takes IP addresses and their ranges, and DNS-1123 names.
 * - `measured`: the kubelet says what it has found, in no one's words: addresses, ids, versions.
 */
type Reason = 'time' | 'quantity' | 'word' | 'name' | 'address' | 'measured';

type Fields = readonly (readonly [reason: Reason, ...paths: string[]])[];

/** What the API server says of every object, and takes of none but as it says it. */
const objectType: Fields = [['word', 'apiVersion', 'kind']];
const objectMeta: Fields = [
  ['time', 'metadata.creationTimestamp', 'metadata.deletionTimestamp'],
  ['name', 'metadata.name', 'metadata.generateName', 'metadata.namespace'],
];
const conditions: Fields = [
  ['time', 'status.conditions[].lastTransitionTime', 'status.conditions[].lastProbeTime'],
  ['time', 'status.conditions[].lastUpdateTime', 'status.conditions[].lastHeartbeatTime'],
];

const inEach = (places: readonly string[], fields: Fields): Fields =>
  places.flatMap((place) =>
    fields.map(([reason, ...paths]) => [reason, ...paths.map((path) => place + path)] as const),
  );

const containers = inEach(
  ['spec.containers[].', 'spec.initContainers[].', 'spec.ephemeralContainers[].'],
  [
    ['name', 'name', 'volumeMounts[].name'],
    ['word', 'imagePullPolicy', 'terminationMessagePolicy', 'ports[].protocol'],
    ['quantity', 'resources.limits', 'resources.requests'],
  ],
);
const podSpec: Fields = [
  ...containers,
  ['name', 'spec.nodeName', 'spec.serviceAccountName', 'spec.serviceAccount'],
  ['name', 'spec.hostname', 'spec.subdomain', 'spec.priorityClassName', 'spec.volumes[].name'],
  ['word', 'spec.restartPolicy', 'spec.dnsPolicy', 'spec.preemptionPolicy'],
  ['word', 'spec.tolerations[].operator', 'spec.tolerations[].effect'],
  ['quantity', 'spec.overhead'],
];
const containerStates = inEach(
  [
    'status.containerStatuses[].',
    'status.initContainerStatuses[].',
    'status.ephemeralContainerStatuses[].',
  ],
  [
    ['name', 'name'],
    ['time', 'state.running.startedAt', 'state.terminated.startedAt'],
    ['time', 'state.terminated.finishedAt', 'lastState.running.startedAt'],
    ['time', 'lastState.terminated.startedAt', 'lastState.terminated.finishedAt'],
    ['measured', 'containerID', 'state.terminated.containerID', 'lastState.terminated.containerID'],
    ['quantity', 'resources.limits', 'resources.requests', 'allocatedResources'],
  ],
);
const pod: Fields = [
  ...podSpec,
  ...conditions,
  ...containerStates,
  ['time', 'status.startTime'],
  ['word', 'status.qosClass'],
  ['measured', 'status.phase', 'status.podIP', 'status.podIPs[].ip'],
  ['measured', 'status.hostIP', 'status.hostIPs[].ip'],
];
const template = (place: string): Fields => inEach([place], [...objectMeta, ...podSpec]);
const workload: Fields = [...template('spec.template.'), ...conditions];

/** What is not looked through, by resource and group. What all types have in common comes on top. */
const types: Readonly<Record<string, Fields>> = {
  'pods.': pod,
  'podtemplates.': template('template.'),
  'replicationcontrollers.': workload,
  'deployments.apps': workload,
  'replicasets.apps': workload,
  'statefulsets.apps': [
    ...workload,
    ['quantity', 'spec.volumeClaimTemplates[].spec.resources.requests'],
  ],
  'daemonsets.apps': workload,
  'jobs.batch': [...workload, ['time', 'status.startTime', 'status.completionTime']],
  'cronjobs.batch': [
    ...template('spec.jobTemplate.spec.template.'),
    ['time', 'status.lastScheduleTime', 'status.lastSuccessfulTime'],
    ['word', 'spec.concurrencyPolicy'],
  ],
  'nodes.': [
    ...conditions,
    ['quantity', 'status.capacity', 'status.allocatable'],
    ['measured', 'status.addresses', 'status.nodeInfo', 'status.daemonEndpoints'],
    ['address', 'spec.podCIDR', 'spec.podCIDRs'],
  ],
  'leases.coordination.k8s.io': [['time', 'spec.acquireTime', 'spec.renewTime']],
  'events.': [['time', 'firstTimestamp', 'lastTimestamp', 'eventTime', 'series.lastObservedTime']],
  'events.events.k8s.io': [
    ['time', 'deprecatedFirstTimestamp', 'deprecatedLastTimestamp', 'eventTime'],
    ['time', 'series.lastObservedTime'],
  ],
  'endpoints.': [['address', 'subsets[].addresses[].ip', 'subsets[].notReadyAddresses[].ip']],
  'endpointslices.discovery.k8s.io': [
    ['address', 'endpoints[].addresses'],
    ['name', 'endpoints[].nodeName'],
    ['word', 'addressType', 'ports[].protocol'],
  ],
  'services.': [['address', 'spec.clusterIP', 'spec.clusterIPs']],
  'namespaces.': [...conditions],
  'persistentvolumes.': [['quantity', 'spec.capacity']],
  'persistentvolumeclaims.': [
    ...conditions,
    ['quantity', 'spec.resources.requests', 'status.capacity'],
  ],
  'serviceaccounts.': [],
  'secrets.': [],
  'configmaps.': [],
};

/** What answers with the object itself: the answers of others may be anything, as that of `pods/proxy`. */
const ofObject = new Set(['', 'status', 'ephemeralcontainers', 'resize']);

/** Where an object stands: alone, in a list, in a watch, in a table, and in a table in a watch. */
const places: readonly Path[] = [
  [],
  ['items', '[]'],
  ['object'],
  ['rows', '[]', 'object'],
  ['object', 'rows', '[]', 'object'],
];

/** Whether a call answers with objects of a built-in type, whose fields are known. */
export const isTyped = ({ apiGroup, resource, subresource }: MaskTarget): boolean =>
  ofObject.has(subresource) && Object.hasOwn(types, `${resource}.${apiGroup}`);

/** What stays as it is of a type, whatever stands there; nothing of a type that is not known. */
export function typedFieldRules(target: MaskTarget): readonly Rule[] {
  const own = isTyped(target) ? types[`${target.resource}.${target.apiGroup}`] : undefined;
  if (own === undefined) return [];
  const paths = [...objectType, ...objectMeta, ...own].flatMap(([, ...each]) => each.map(pathOf));
  return places.flatMap((place) =>
    paths.map((path): Rule => ({ path: [...place, ...path], leave: true })),
  );
}

const pathOf = (path: string): Path => path.replaceAll('[]', '.[]').split('.');
