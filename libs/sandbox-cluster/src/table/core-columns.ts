import {
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  stringListAt,
  stringsAt,
} from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { ageColumn, ageSince, column, nameColumn, wideColumn } from './column.js';

const none = '<none>';
const text = (object: KubeObject, ...path: string[]): string => stringAt(object, ...path) ?? '';
const size = (object: KubeObject, member: string): number =>
  Object.keys(objectAt(object, member)).length;

/** The columns of kinds about which there is nothing more to say. */
export const plainColumns = [nameColumn, ageColumn];

export const namespaceColumns = [
  nameColumn,
  column('Status', (object) => text(object, 'status', 'phase'), {
    description: 'The status of the namespace',
  }),
  ageColumn,
];

export const configMapColumns = [
  nameColumn,
  column('Data', (object) => size(object, 'data') + size(object, 'binaryData')),
  ageColumn,
];

export const secretColumns = [
  nameColumn,
  column('Type', (object) => text(object, 'type')),
  column('Data', (object) => size(object, 'data')),
  ageColumn,
];

export const leaseColumns = [
  nameColumn,
  column('Holder', (object) => text(object, 'spec', 'holderIdentity')),
  ageColumn,
];

export const serviceColumns = [
  nameColumn,
  column('Type', (object) => text(object, 'spec', 'type')),
  column('Cluster-IP', (object) => stringAt(object, 'spec', 'clusterIP') ?? none),
  column('External-IP', externalIp),
  column('Port(s)', servicePorts),
  ageColumn,
  wideColumn('Selector', (object) => {
    const pairs = Object.entries(stringsAt(object, 'spec', 'selector')).sort();
    return pairs.length === 0 ? none : pairs.map(([key, value]) => `${key}=${value}`).join(',');
  }),
];

export const endpointsColumns = [nameColumn, column('Endpoints', endpoints), ageColumn];

export const persistentVolumeClaimColumns = [
  nameColumn,
  column('Status', (object) => text(object, 'status', 'phase')),
  column('Volume', (object) => text(object, 'spec', 'volumeName')),
  column('Capacity', (object) => text(object, 'status', 'capacity', 'storage')),
  column('Access Modes', (object) => stringListAt(object, 'status', 'accessModes').join(',')),
  column('StorageClass', (object) => text(object, 'spec', 'storageClassName')),
  column('VolumeAttributesClass', () => '<unset>'),
  ageColumn,
  wideColumn('VolumeMode', (object) => text(object, 'spec', 'volumeMode')),
];

export const resourceQuotaColumns = [
  nameColumn,
  column('Request', (object) => quota(object, (resource) => !resource.startsWith('limits.'))),
  column('Limit', (object) => quota(object, (resource) => resource.startsWith('limits.'))),
  ageColumn,
];

export const nodeColumns = [
  nameColumn,
  column('Status', nodeStatus, { description: 'The status of the node' }),
  column('Roles', nodeRoles, { description: 'The roles of the node' }),
  ageColumn,
  column('Version', (object) => text(object, 'status', 'nodeInfo', 'kubeletVersion')),
  wideColumn('Internal-IP', (object) => nodeAddress(object, 'InternalIP')),
  wideColumn('External-IP', (object) => nodeAddress(object, 'ExternalIP')),
  wideColumn('OS-Image', (object) => nodeInfo(object, 'osImage')),
  wideColumn('Kernel-Version', (object) => {
    const architecture = text(object, 'status', 'nodeInfo', 'architecture');
    const version = nodeInfo(object, 'kernelVersion');
    return architecture === '' ? version : `${version} (${architecture})`;
  }),
  wideColumn('Container-Runtime', (object) => nodeInfo(object, 'containerRuntimeVersion')),
];

export const eventColumns = [
  column('Last Seen', lastSeen),
  column('Type', (event) => text(event, 'type')),
  column('Reason', (event) => text(event, 'reason')),
  column('Object', (event) => {
    const kind = text(event, 'involvedObject', 'kind').toLowerCase();
    const name = text(event, 'involvedObject', 'name');
    return name === '' ? kind : `${kind}/${name}`;
  }),
  wideColumn('Subobject', (event) => text(event, 'involvedObject', 'fieldPath')),
  wideColumn('Source', (event) => {
    const component = text(event, 'source', 'component') || text(event, 'reportingComponent');
    const host = text(event, 'source', 'host') || text(event, 'reportingInstance');
    return host === '' ? component : `${component}, ${host}`;
  }),
  column('Message', (event) => text(event, 'message').trim()),
  wideColumn('First Seen', firstSeen),
  wideColumn('Count', (event) => `${numberAt(event, 'count') ?? 1}`),
  { ...nameColumn, priority: 1 },
];

function firstSeen(event: KubeObject, now: Date): string {
  return ageSince(stringAt(event, 'firstTimestamp') ?? stringAt(event, 'eventTime'), now);
}

function lastSeen(event: KubeObject, now: Date): string {
  const last = stringAt(event, 'series', 'lastObservedTime') ?? stringAt(event, 'lastTimestamp');
  return last === undefined ? firstSeen(event, now) : ageSince(last, now);
}

function externalIp(service: KubeObject): string {
  const type = text(service, 'spec', 'type');
  if (type === 'ExternalName') return text(service, 'spec', 'externalName');
  const external = [
    ...objectsAt(service, 'status', 'loadBalancer', 'ingress').map(
      (ingress) => stringAt(ingress, 'ip') ?? member(ingress, 'hostname'),
    ),
    ...stringListAt(service, 'spec', 'externalIPs'),
  ].join(',');
  if (external !== '') return external;
  return type === 'LoadBalancer' ? '<pending>' : none;
}

const member = (object: JsonObject, name: string): string => stringAt(object, name) ?? '';

function servicePorts(service: KubeObject): string {
  const ports = objectsAt(service, 'spec', 'ports').map((port) => {
    const node = numberAt(port, 'nodePort') ?? 0;
    const number = numberAt(port, 'port') ?? 0;
    return `${number}${node > 0 ? `:${node}` : ''}/${member(port, 'protocol')}`;
  });
  return ports.length === 0 ? none : ports.join(',');
}

function endpoints(object: KubeObject): string {
  const all = objectsAt(object, 'subsets').flatMap((subset) => {
    const addresses = objectsAt(subset, 'addresses').map((address) => member(address, 'ip'));
    const ports = objectsAt(subset, 'ports').map((port) => numberAt(port, 'port') ?? 0);
    return addresses.flatMap((ip) =>
      ports.length === 0 ? [ip] : ports.map((port) => `${ip}:${port}`),
    );
  });
  if (all.length === 0) return none;
  const shown = all.slice(0, 3).join(',');
  return all.length > 3 ? `${shown} + ${all.length - 3} more...` : shown;
}

function quota(object: KubeObject, shown: (resource: string) => boolean): string {
  const used = stringsAt(object, 'status', 'used');
  return Object.entries(stringsAt(object, 'status', 'hard'))
    .filter(([resource]) => shown(resource))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([resource, hard]) => `${resource}: ${used[resource] ?? '0'}/${hard}`)
    .join(', ');
}

function nodeStatus(node: KubeObject): string {
  const ready = objectsAt(node, 'status', 'conditions').find(({ type }) => type === 'Ready');
  const status =
    ready === undefined ? 'Unknown' : ready['status'] === 'True' ? 'Ready' : 'NotReady';
  return objectAt(node, 'spec')['unschedulable'] === true ? `${status},SchedulingDisabled` : status;
}

function nodeRoles(node: KubeObject): string {
  const prefix = 'node-role.kubernetes.io/';
  const roles = Object.keys(node.metadata.labels ?? {})
    .filter((label) => label.startsWith(prefix) && label.length > prefix.length)
    .map((label) => label.slice(prefix.length))
    .sort();
  return roles.length === 0 ? none : roles.join(',');
}

function nodeAddress(node: KubeObject, type: string): string {
  const found = objectsAt(node, 'status', 'addresses').find((address) => address['type'] === type);
  return found === undefined ? none : member(found, 'address');
}

function nodeInfo(node: KubeObject, member: string): string {
  return stringAt(node, 'status', 'nodeInfo', member) ?? '<unknown>';
}
