import { type JsonObject, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { ageColumn, ageSince, column, nameColumn, wideColumn } from './column.js';

const none = '<none>';

export const podColumns = [
  nameColumn,
  column('Ready', readyContainers, {
    description: 'The aggregate readiness state of this pod for accepting traffic.',
  }),
  column('Status', podReason, {
    description: 'The aggregate status of the containers in this pod.',
  }),
  column('Restarts', restarts, {
    description:
      'The number of times the containers in this pod have been restarted and when the last container in this pod has restarted.',
  }),
  ageColumn,
  wideColumn('IP', (pod) => stringAt(pod, 'status', 'podIP') ?? none),
  wideColumn('Node', (pod) => stringAt(pod, 'spec', 'nodeName') ?? none),
  wideColumn('Nominated Node', (pod) => stringAt(pod, 'status', 'nominatedNodeName') ?? none),
  wideColumn('Readiness Gates', readinessGates),
];

function readyContainers(pod: KubeObject): string {
  const ready = objectsAt(pod, 'status', 'containerStatuses').filter(
    (status) => status['ready'] === true && 'running' in objectAt(status, 'state'),
  );
  return `${ready.length}/${objectsAt(pod, 'spec', 'containers').length}`;
}

/** The one word that says how a pod is: the phase, unless a container or a deletion says more. */
function podReason(pod: KubeObject): string {
  const phase = stringAt(pod, 'status', 'phase') ?? '';
  if (pod.metadata.deletionTimestamp !== undefined && !['Succeeded', 'Failed'].includes(phase)) {
    return 'Terminating';
  }
  let reason = stringAt(pod, 'status', 'reason') ?? phase;
  for (const status of objectsAt(pod, 'status', 'containerStatuses').toReversed()) {
    reason = containerReason(status) ?? reason;
  }
  return reason;
}

function containerReason(status: JsonObject): string | undefined {
  const state = objectAt(status, 'state');
  const waiting = stringAt(state, 'waiting', 'reason');
  if (waiting !== undefined) return waiting;
  if (!('terminated' in state)) return undefined;
  return (
    stringAt(state, 'terminated', 'reason') ??
    `ExitCode:${numberAt(state, 'terminated', 'exitCode') ?? 0}`
  );
}

function restarts(pod: KubeObject, now: Date): string {
  const statuses = objectsAt(pod, 'status', 'containerStatuses');
  const total = statuses.reduce((sum, status) => sum + (numberAt(status, 'restartCount') ?? 0), 0);
  const last = statuses
    .map((status) => stringAt(status, 'lastState', 'terminated', 'finishedAt'))
    .filter((finishedAt) => finishedAt !== undefined)
    .sort()
    .at(-1);
  return total === 0 || last === undefined ? `${total}` : `${total} (${ageSince(last, now)} ago)`;
}

function readinessGates(pod: KubeObject): string {
  const gates = objectsAt(pod, 'spec', 'readinessGates').map((gate) => gate['conditionType']);
  if (gates.length === 0) return none;
  const passed = objectsAt(pod, 'status', 'conditions').filter(
    (condition) => gates.includes(condition['type']) && condition['status'] === 'True',
  );
  return `${passed.length}/${gates.length}`;
}
