import { required } from '../api-status.js';
import { objectAt, stringAt } from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import { resourceType, statusOf } from '../registry/resource-type.js';
import { column, nameColumn } from '../table/column.js';
import {
  endpointsColumns,
  eventColumns,
  leaseColumns,
  namespaceColumns,
  nodeColumns,
  persistentVolumeClaimColumns,
  plainColumns,
  resourceQuotaColumns,
} from '../table/core-columns.js';

const text =
  (...path: string[]) =>
  (object: KubeObject) =>
    stringAt(object, ...path) ?? '';

export const namespaces = resourceType({
  resource: 'namespaces',
  singular: 'namespace',
  kind: 'Namespace',
  namespaced: false,
  shortNames: ['ns'],
  nameRule: 'label',
  columns: namespaceColumns,
  hasStatus: true,
  returnsDeleted: true,
  selectableFields: { 'status.phase': text('status', 'phase') },
  subresources: [{ name: 'finalize', kind: 'Namespace', verbs: ['update'] }, statusOf('Namespace')],
  initialStatus: { phase: 'Active' },
  defaults: (object) =>
    withField(object, ['metadata', 'labels'], {
      ...object.metadata.labels,
      'kubernetes.io/metadata.name': object.metadata.name,
    }),
  prepareUpdate: (next, previous) =>
    withField(next, ['spec', 'finalizers'], objectAt(previous, 'spec')['finalizers']),
});

export const nodes = resourceType({
  resource: 'nodes',
  singular: 'node',
  kind: 'Node',
  namespaced: false,
  shortNames: ['no'],
  columns: nodeColumns,
  hasStatus: true,
  selectableFields: {
    'spec.unschedulable': (node) => String(objectAt(node, 'spec')['unschedulable'] === true),
  },
  subresources: [statusOf('Node')],
});

export const serviceAccounts = resourceType({
  resource: 'serviceaccounts',
  singular: 'serviceaccount',
  kind: 'ServiceAccount',
  shortNames: ['sa'],
  columns: plainColumns,
  returnsDeleted: true,
});

const involved = (member: string) => text('involvedObject', member);

export const events = resourceType({
  resource: 'events',
  singular: 'event',
  kind: 'Event',
  shortNames: ['ev'],
  columns: eventColumns,
  selectableFields: {
    'involvedObject.kind': involved('kind'),
    'involvedObject.namespace': involved('namespace'),
    'involvedObject.name': involved('name'),
    'involvedObject.uid': involved('uid'),
    'involvedObject.apiVersion': involved('apiVersion'),
    'involvedObject.resourceVersion': involved('resourceVersion'),
    'involvedObject.fieldPath': involved('fieldPath'),
    reason: text('reason'),
    reportingComponent: text('reportingComponent'),
    source: text('source', 'component'),
    type: text('type'),
  },
});

export const endpoints = resourceType({
  resource: 'endpoints',
  singular: 'endpoints',
  kind: 'Endpoints',
  shortNames: ['ep'],
  columns: endpointsColumns,
});

export const limitRanges = resourceType({
  resource: 'limitranges',
  singular: 'limitrange',
  kind: 'LimitRange',
  shortNames: ['limits'],
  columns: [nameColumn, column('Created At', (object) => object.metadata.creationTimestamp)],
});

export const resourceQuotas = resourceType({
  resource: 'resourcequotas',
  singular: 'resourcequota',
  kind: 'ResourceQuota',
  shortNames: ['quota'],
  columns: resourceQuotaColumns,
  hasStatus: true,
  returnsDeleted: true,
  subresources: [statusOf('ResourceQuota')],
});

export const persistentVolumeClaims = resourceType({
  resource: 'persistentvolumeclaims',
  singular: 'persistentvolumeclaim',
  kind: 'PersistentVolumeClaim',
  shortNames: ['pvc'],
  columns: persistentVolumeClaimColumns,
  hasStatus: true,
  returnsDeleted: true,
  subresources: [statusOf('PersistentVolumeClaim')],
  initialStatus: { phase: 'Pending' },
  validate: (object) =>
    'accessModes' in objectAt(object, 'spec') ? [] : [required('spec.accessModes')],
});

export const leases = resourceType({
  group: 'coordination.k8s.io',
  resource: 'leases',
  singular: 'lease',
  kind: 'Lease',
  columns: leaseColumns,
});
