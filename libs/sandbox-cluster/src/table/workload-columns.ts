import { formatSelector } from '../registry/label-selector.js';
import { type JsonObject, numberAt, objectAt, objectsAt, stringAt, stringsAt } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { ageColumn, ageSince, column, humanDuration, nameColumn, wideColumn } from './column.js';

const count = (object: KubeObject, ...path: string[]): number => numberAt(object, ...path) ?? 0;
const integer = (name: string, ...path: string[]) =>
  column(name, (object) => count(object, ...path), { type: 'integer' });

/** `Containers`, `Images` and `Selector` of a workload, shown by `-o wide`. */
const templateColumns = (template: readonly string[], selector?: readonly string[]) => [
  wideColumn('Containers', (object) => joined(object, template, 'name')),
  wideColumn('Images', (object) => joined(object, template, 'image')),
  ...(selector === undefined
    ? []
    : [wideColumn('Selector', (object) => formatSelector(objectAt(object, ...selector)))]),
];

function joined(object: KubeObject, template: readonly string[], member: string): string {
  return objectsAt(object, ...template, 'spec', 'containers')
    .map((container) => stringAt(container, member) ?? '')
    .join(',');
}

const podTemplate = ['spec', 'template'];
const podSelector = ['spec', 'selector'];
const readyOfDesired = column(
  'Ready',
  (object) => `${count(object, 'status', 'readyReplicas')}/${count(object, 'spec', 'replicas')}`,
  { description: 'Number of the pod with ready state' },
);

export const deploymentColumns = [
  nameColumn,
  readyOfDesired,
  column('Up-to-date', (object) => count(object, 'status', 'updatedReplicas')),
  column('Available', (object) => count(object, 'status', 'availableReplicas')),
  ageColumn,
  ...templateColumns(podTemplate, podSelector),
];

export const replicaSetColumns = [
  nameColumn,
  integer('Desired', 'spec', 'replicas'),
  integer('Current', 'status', 'replicas'),
  integer('Ready', 'status', 'readyReplicas'),
  ageColumn,
  ...templateColumns(podTemplate, podSelector),
];

export const statefulSetColumns = [
  nameColumn,
  readyOfDesired,
  ageColumn,
  ...templateColumns(podTemplate),
];

export const daemonSetColumns = [
  nameColumn,
  integer('Desired', 'status', 'desiredNumberScheduled'),
  integer('Current', 'status', 'currentNumberScheduled'),
  integer('Ready', 'status', 'numberReady'),
  integer('Up-to-date', 'status', 'updatedNumberScheduled'),
  integer('Available', 'status', 'numberAvailable'),
  column('Node Selector', (object) => labels(object, 'spec', 'template', 'spec', 'nodeSelector')),
  ageColumn,
  ...templateColumns(podTemplate, podSelector),
];

export const jobColumns = [
  nameColumn,
  column('Status', jobStatus),
  column('Completions', jobCompletions),
  column('Duration', jobDuration),
  ageColumn,
  ...templateColumns(podTemplate, podSelector),
];

export const cronJobColumns = [
  nameColumn,
  column('Schedule', (object) => stringAt(object, 'spec', 'schedule') ?? ''),
  column('Timezone', (object) => stringAt(object, 'spec', 'timeZone') ?? '<none>'),
  column('Suspend', (object) => (objectAt(object, 'spec')['suspend'] === true ? 'True' : 'False'), {
    type: 'boolean',
  }),
  column('Active', (object) => objectsAt(object, 'status', 'active').length, { type: 'integer' }),
  column('Last Schedule', (object, now) => {
    const last = stringAt(object, 'status', 'lastScheduleTime');
    return last === undefined ? '<none>' : ageSince(last, now);
  }),
  ageColumn,
  ...templateColumns(
    ['spec', 'jobTemplate', 'spec', 'template'],
    ['spec', 'jobTemplate', 'spec', 'selector'],
  ),
];

export const controllerRevisionColumns = [
  nameColumn,
  column('Controller', (object) => {
    const owner = object.metadata.ownerReferences?.find(({ controller }) => controller === true);
    if (owner === undefined) return '<none>';
    const group = owner.apiVersion.split('/').at(-2);
    const kind = owner.kind.toLowerCase();
    return `${kind}${group === undefined ? '' : `.${group}`}/${owner.name}`;
  }),
  column('Revision', (object) => count(object, 'revision')),
  ageColumn,
];

function labels(object: JsonObject, ...path: string[]): string {
  const entries = Object.entries(stringsAt(object, ...path)).sort(([a], [b]) => (a < b ? -1 : 1));
  return entries.length === 0
    ? '<none>'
    : entries.map(([key, value]) => `${key}=${value}`).join(',');
}

function jobStatus(job: KubeObject): string {
  const holds = (type: string) =>
    objectsAt(job, 'status', 'conditions').some(
      (condition) => condition['type'] === type && condition['status'] === 'True',
    );
  if (holds('Complete')) return 'Complete';
  if (holds('Failed')) return 'Failed';
  if (job.metadata.deletionTimestamp !== undefined) return 'Terminating';
  if (holds('Suspended')) return 'Suspended';
  if (holds('FailureTarget')) return 'FailureTarget';
  if (holds('SuccessCriteriaMet')) return 'SuccessCriteriaMet';
  return 'Running';
}

function jobCompletions(job: KubeObject): string {
  const done = count(job, 'status', 'succeeded');
  const wanted = numberAt(job, 'spec', 'completions');
  if (wanted !== undefined) return `${done}/${wanted}`;
  const parallelism = count(job, 'spec', 'parallelism');
  return parallelism > 1 ? `${done}/1 of ${parallelism}` : `${done}/1`;
}

function jobDuration(job: KubeObject, now: Date): string {
  const started = stringAt(job, 'status', 'startTime');
  if (started === undefined) return '';
  const finished = stringAt(job, 'status', 'completionTime');
  const end = finished === undefined ? now.getTime() : Date.parse(finished);
  return humanDuration(Math.floor((end - Date.parse(started)) / 1000));
}
