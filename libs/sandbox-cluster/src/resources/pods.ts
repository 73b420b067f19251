import { forbiddenField, type StatusCause } from '../api-status.js';
import {
  equal,
  type JsonObject,
  numberAt,
  objectAt,
  objectsAt,
  stringAt,
  withDefaults,
} from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import { resourceType, statusOf } from '../registry/resource-type.js';
import { podColumns } from '../table/pod-columns.js';
import { podSpecCauses, podSpecDefaults } from './pod-spec.js';

const text =
  (...path: string[]) =>
  (object: KubeObject) =>
    stringAt(object, ...path) ?? '';
const connect = (name: string, kind: string) => ({ name, kind, verbs: ['create', 'get'] });

/** Pods of the core group. Exec, attach and port-forward are listed, and answered with 501. */
export const pods = resourceType({
  resource: 'pods',
  singular: 'pod',
  kind: 'Pod',
  shortNames: ['po'],
  categories: ['all'],
  columns: podColumns,
  hasStatus: true,
  countsGenerations: true,
  returnsDeleted: true,
  initialStatus: { phase: 'Pending' },
  subresources: [
    connect('attach', 'PodAttachOptions'),
    { name: 'eviction', kind: 'Eviction', group: 'policy', version: 'v1', verbs: ['create'] },
    connect('exec', 'PodExecOptions'),
    { name: 'log', kind: 'Pod', verbs: ['get'] },
    connect('portforward', 'PodPortForwardOptions'),
    statusOf('Pod'),
  ],
  selectableFields: {
    'spec.nodeName': text('spec', 'nodeName'),
    'spec.restartPolicy': text('spec', 'restartPolicy'),
    'spec.schedulerName': text('spec', 'schedulerName'),
    'spec.serviceAccountName': text('spec', 'serviceAccountName'),
    'status.phase': text('status', 'phase'),
    'status.podIP': text('status', 'podIP'),
    'status.nominatedNodeName': text('status', 'nominatedNodeName'),
  },
  defaults: (pod) => withField(pod, ['spec'], completeSpec(objectAt(pod, 'spec'))),
  validate: (pod) => podSpecCauses(objectAt(pod, 'spec'), 'spec'),
  validateUpdate: podUpdateCauses,
});

/** A pod of its own (not a template) also gets a service account, priority and tolerations. */
function completeSpec(spec: JsonObject): JsonObject {
  const account = stringAt(spec, 'serviceAccountName') ?? 'default';
  return withDefaults(podSpecDefaults({ ...spec, serviceAccountName: account }), {
    serviceAccount: account,
    enableServiceLinks: true,
    priority: 0,
    preemptionPolicy: 'PreemptLowerPriority',
    tolerations: [
      {
        key: 'node.kubernetes.io/not-ready',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
      {
        key: 'node.kubernetes.io/unreachable',
        operator: 'Exists',
        effect: 'NoExecute',
        tolerationSeconds: 300,
      },
    ],
  });
}

/** Only images, two deadlines and added tolerations of a pod may change. */
function podUpdateCauses(next: KubeObject, previous: KubeObject): readonly StatusCause[] {
  const fixed = (pod: KubeObject): JsonObject => {
    const spec = objectAt(pod, 'spec');
    return {
      ...spec,
      containers: imagesHidden(spec, 'containers'),
      initContainers: imagesHidden(spec, 'initContainers'),
      tolerations: [],
      activeDeadlineSeconds: 0,
      // The scheduler of the sandbox binds through an ordinary update.
      nodeName:
        stringAt(previous, 'spec', 'nodeName') === undefined ? '' : stringAt(spec, 'nodeName'),
      terminationGracePeriodSeconds: graceOf(spec),
    };
  };
  if (equal(fixed(next), fixed(previous))) return [];
  return [
    forbiddenField(
      'spec',
      'pod updates may not change fields other than `spec.containers[*].image`,`spec.initContainers[*].image`,`spec.activeDeadlineSeconds`,`spec.tolerations` (only additions to existing tolerations),`spec.terminationGracePeriodSeconds` (allow it to be set to 1 if it was previously negative)',
    ),
  ];
}

const graceOf = (spec: JsonObject): number => numberAt(spec, 'terminationGracePeriodSeconds') ?? 30;

function imagesHidden(spec: JsonObject, member: string): readonly JsonObject[] {
  return objectsAt(spec, member).map((container) => ({ ...container, image: '' }));
}
