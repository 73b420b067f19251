import { invalidValue, required, type StatusCause } from '../api-status.js';
import {
  equal,
  type Json,
  type JsonObject,
  numberAt,
  objectAt,
  stringAt,
  stringsAt,
  withAt,
  withDefaults,
} from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import { matchesLabels, selectorRequirements } from '../registry/label-selector.js';
import { resourceType, scale, statusOf } from '../registry/resource-type.js';
import {
  controllerRevisionColumns,
  daemonSetColumns,
  deploymentColumns,
  replicaSetColumns,
  statefulSetColumns,
} from '../table/workload-columns.js';
import { podSpecCauses, podSpecDefaults } from './pod-spec.js';

const apps = { group: 'apps', hasStatus: true, countsGenerations: true, categories: ['all'] };

/** Fills in the pod template and `more` members of the spec. */
export function workloadDefaults(object: KubeObject, more: JsonObject): KubeObject {
  const spec = objectAt(object, 'spec');
  const template = withAt(
    withDefaults(objectAt(spec, 'template'), { metadata: {} }),
    ['spec'],
    podSpecDefaults(objectAt(spec, 'template', 'spec')),
  );
  return withField(object, ['spec'], withDefaults({ ...spec, template }, more));
}

/** What is wrong with a workload: its selector, its template, and that the two belong together. */
function workloadCauses(object: KubeObject): readonly StatusCause[] {
  const selector = objectAt(object, 'spec', 'selector');
  const template = objectAt(object, 'spec', 'template');
  return [
    ...replicaCauses(object),
    ...selectorCauses(selector, template),
    ...podSpecCauses(objectAt(template, 'spec'), 'spec.template.spec'),
  ];
}

function replicaCauses(object: KubeObject): readonly StatusCause[] {
  const replicas = numberAt(object, 'spec', 'replicas') ?? 1;
  return replicas >= 0
    ? []
    : [invalidValue('spec.replicas', replicas, 'must be greater than or equal to 0')];
}

function selectorCauses(selector: JsonObject, template: JsonObject): readonly StatusCause[] {
  const labels = stringsAt(template, 'metadata', 'labels');
  const mismatch = invalidValue(
    'spec.template.metadata.labels',
    objectAt(template, 'metadata')['labels'] ?? null,
    '`selector` does not match template `labels`',
  );
  const requirements = selectorRequirements(selector);
  if (requirements.length === 0) return [required('spec.selector'), mismatch];
  return matchesLabels(requirements, labels) ? [] : [mismatch];
}

/** The selector of a workload is fixed for its life. */
function selectorIsFixed(next: KubeObject, previous: KubeObject): readonly StatusCause[] {
  const selector: Json = objectAt(next, 'spec', 'selector');
  if (equal(selector, objectAt(previous, 'spec', 'selector'))) return [];
  return [invalidValue('spec.selector', selector, 'field is immutable')];
}

function deploymentDefaults(object: KubeObject): KubeObject {
  const filled = workloadDefaults(object, {
    replicas: 1,
    strategy: {},
    revisionHistoryLimit: 10,
    progressDeadlineSeconds: 600,
  });
  const strategy = withDefaults(objectAt(filled, 'spec', 'strategy'), { type: 'RollingUpdate' });
  if (stringAt(strategy, 'type') !== 'RollingUpdate') {
    return withField(filled, ['spec', 'strategy'], strategy);
  }
  const rollingUpdate = withDefaults(objectAt(strategy, 'rollingUpdate'), {
    maxUnavailable: '25%',
    maxSurge: '25%',
  });
  return withField(filled, ['spec', 'strategy'], { ...strategy, rollingUpdate });
}

export const deployments = resourceType({
  ...apps,
  resource: 'deployments',
  singular: 'deployment',
  kind: 'Deployment',
  shortNames: ['deploy'],
  columns: deploymentColumns,
  subresources: [scale, statusOf('Deployment')],
  defaults: deploymentDefaults,
  initialStatus: {},
  validate: workloadCauses,
  validateUpdate: selectorIsFixed,
});

export const replicaSets = resourceType({
  ...apps,
  resource: 'replicasets',
  singular: 'replicaset',
  kind: 'ReplicaSet',
  shortNames: ['rs'],
  columns: replicaSetColumns,
  subresources: [scale, statusOf('ReplicaSet')],
  defaults: (object) => workloadDefaults(object, { replicas: 1 }),
  initialStatus: { replicas: 0 },
  validate: workloadCauses,
  validateUpdate: selectorIsFixed,
});

export const statefulSets = resourceType({
  ...apps,
  resource: 'statefulsets',
  singular: 'statefulset',
  kind: 'StatefulSet',
  shortNames: ['sts'],
  columns: statefulSetColumns,
  subresources: [scale, statusOf('StatefulSet')],
  defaults: (object) =>
    workloadDefaults(object, {
      replicas: 1,
      podManagementPolicy: 'OrderedReady',
      revisionHistoryLimit: 10,
      serviceName: '',
      updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 0 } },
      persistentVolumeClaimRetentionPolicy: { whenDeleted: 'Retain', whenScaled: 'Retain' },
    }),
  initialStatus: { replicas: 0, availableReplicas: 0 },
  validate: workloadCauses,
  validateUpdate: selectorIsFixed,
});

export const daemonSets = resourceType({
  ...apps,
  resource: 'daemonsets',
  singular: 'daemonset',
  kind: 'DaemonSet',
  shortNames: ['ds'],
  columns: daemonSetColumns,
  subresources: [statusOf('DaemonSet')],
  defaults: (object) =>
    workloadDefaults(object, {
      revisionHistoryLimit: 10,
      updateStrategy: {
        type: 'RollingUpdate',
        rollingUpdate: { maxUnavailable: 1, maxSurge: 0 },
      },
    }),
  initialStatus: {
    currentNumberScheduled: 0,
    desiredNumberScheduled: 0,
    numberMisscheduled: 0,
    numberReady: 0,
  },
  validate: workloadCauses,
  validateUpdate: selectorIsFixed,
});

export const controllerRevisions = resourceType({
  group: 'apps',
  resource: 'controllerrevisions',
  singular: 'controllerrevision',
  kind: 'ControllerRevision',
  columns: controllerRevisionColumns,
});
