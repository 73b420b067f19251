import { required, type StatusCause } from '../api-status.js';
import { objectAt, stringAt } from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import { resourceType, statusOf } from '../registry/resource-type.js';
import { cronJobColumns, jobColumns } from '../table/workload-columns.js';
import { podSpecCauses, podSpecDefaults } from './pod-spec.js';
import { workloadDefaults } from './workloads.js';

const batch = { group: 'batch', hasStatus: true, countsGenerations: true, categories: ['all'] };

/** A job selects its pods by its own uid, as the API server generates it. */
function jobDefaults(object: KubeObject): KubeObject {
  const filled = workloadDefaults(object, {
    parallelism: 1,
    completions: 1,
    backoffLimit: 6,
    completionMode: 'NonIndexed',
    suspend: false,
    podReplacementPolicy: 'TerminatingOrFailed',
    manualSelector: false,
  });
  if (objectAt(filled, 'spec')['selector'] !== undefined) return filled;
  const owner = { 'batch.kubernetes.io/controller-uid': object.metadata.uid };
  const labels = {
    ...objectAt(filled, 'spec', 'template', 'metadata', 'labels'),
    ...owner,
    'batch.kubernetes.io/job-name': object.metadata.name,
    'controller-uid': object.metadata.uid,
    'job-name': object.metadata.name,
  };
  return withField(
    withField(filled, ['spec', 'selector'], { matchLabels: owner }),
    ['spec', 'template', 'metadata', 'labels'],
    labels,
  );
}

function jobCauses(object: KubeObject): readonly StatusCause[] {
  return podSpecCauses(objectAt(object, 'spec', 'template', 'spec'), 'spec.template.spec');
}

export const jobs = resourceType({
  ...batch,
  resource: 'jobs',
  singular: 'job',
  kind: 'Job',
  columns: jobColumns,
  subresources: [statusOf('Job')],
  selectableFields: {
    'status.successful': (job) => `${Number(objectAt(job, 'status')['succeeded'] ?? 0)}`,
  },
  defaults: jobDefaults,
  initialStatus: {},
  validate: jobCauses,
});

const templateSpec = ['spec', 'jobTemplate', 'spec', 'template', 'spec'];

export const cronJobs = resourceType({
  ...batch,
  resource: 'cronjobs',
  singular: 'cronjob',
  kind: 'CronJob',
  shortNames: ['cj'],
  columns: cronJobColumns,
  subresources: [statusOf('CronJob')],
  defaults: (object) => {
    const spec = {
      concurrencyPolicy: 'Allow',
      suspend: false,
      successfulJobsHistoryLimit: 3,
      failedJobsHistoryLimit: 1,
      ...objectAt(object, 'spec'),
    };
    const filled = withField(object, ['spec'], spec);
    return withField(filled, templateSpec, podSpecDefaults(objectAt(filled, ...templateSpec)));
  },
  initialStatus: {},
  validate: (object) => [
    ...((stringAt(object, 'spec', 'schedule') ?? '') === '' ? [required('spec.schedule')] : []),
    ...podSpecCauses(objectAt(object, ...templateSpec), templateSpec.join('.')),
  ],
});
