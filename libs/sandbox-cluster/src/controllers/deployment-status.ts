import { equal, type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { type Condition, findCondition, withConditions } from './conditions.js';
import type { RolloutLimits } from './rolling-update.js';

interface StatusInput {
  readonly deployment: KubeObject;
  readonly replicaSets: readonly KubeObject[];
  /** The ReplicaSet of the present template, once there is one. */
  readonly current: KubeObject | undefined;
  readonly limits: RolloutLimits;
  /** RFC 3339. */
  readonly now: string;
  /** Set in the step that created or found the ReplicaSet. */
  readonly progress?: Condition;
}

/** Works out the status of a Deployment from its ReplicaSets. */
export function deploymentStatus(input: StatusInput): JsonObject {
  const { deployment, limits, now } = input;
  const previous = objectAt(deployment, 'status');
  const counts = countsOf(input);
  const available = availability(counts.availableReplicas, limits);
  const progressing = progress(input, counts, previous);
  const conditions = withConditions(
    previous,
    progressing === undefined ? [available] : [available, progressing],
    { now, withUpdateTime: true },
  );
  const unavailable = Math.max(0, limits.replicas - counts.availableReplicas);
  return {
    observedGeneration: deployment.metadata.generation,
    ...nonZero({
      ...counts,
      unavailableReplicas: Math.max(unavailable, counts.replicas - counts.availableReplicas),
    }),
    conditions: refreshed(conditions, previous, { counts, now }),
  };
}

type Counts = Readonly<
  Record<'replicas' | 'updatedReplicas' | 'readyReplicas' | 'availableReplicas', number>
>;

function countsOf({ replicaSets, current }: StatusInput): Counts {
  const sum = (member: string): number =>
    replicaSets.reduce((total, set) => total + (numberAt(set, 'status', member) ?? 0), 0);
  return {
    replicas: sum('replicas'),
    updatedReplicas: numberAt(current, 'status', 'replicas') ?? 0,
    readyReplicas: sum('readyReplicas'),
    availableReplicas: sum('availableReplicas'),
  };
}

function nonZero(counts: Readonly<Record<string, number>>): JsonObject {
  return Object.fromEntries(Object.entries(counts).filter(([, count]) => count !== 0));
}

function availability(available: number, limits: RolloutLimits): Condition {
  const isEnough = available >= limits.replicas - limits.maxUnavailable;
  return {
    type: 'Available',
    status: isEnough ? 'True' : 'False',
    reason: isEnough ? 'MinimumReplicasAvailable' : 'MinimumReplicasUnavailable',
    message: isEnough
      ? 'Deployment has minimum availability.'
      : 'Deployment does not have minimum availability.',
  };
}

/** What `kubectl rollout status` waits for. */
function progress(input: StatusInput, counts: Counts, previous: JsonObject): Condition | undefined {
  const { deployment, current, limits } = input;
  const before = findCondition(previous, 'Progressing');
  if (objectAt(deployment, 'spec')['paused'] === true) {
    return {
      type: 'Progressing',
      status: 'Unknown',
      reason: 'DeploymentPaused',
      message: 'Deployment is paused',
    };
  }
  if (input.progress !== undefined) return input.progress;
  if (current === undefined) return undefined;
  const set = `ReplicaSet "${current.metadata.name}"`;
  const stated = (
    reason: string,
    message: string,
    status: 'True' | 'False' = 'True',
  ): Condition => ({
    type: 'Progressing',
    status,
    reason,
    message: `${set} ${message}`,
  });
  if (isComplete(counts, limits))
    return stated('NewReplicaSetAvailable', 'has successfully progressed.');
  if (before?.['reason'] === 'DeploymentPaused') {
    return {
      type: 'Progressing',
      status: 'Unknown',
      reason: 'DeploymentResumed',
      message: 'Deployment is resumed',
    };
  }
  if (moved(counts, previous)) return stated('ReplicaSetUpdated', 'is progressing.');
  if (isOverdue(input, before)) {
    return stated('ProgressDeadlineExceeded', 'has timed out progressing.', 'False');
  }
  return before === undefined ? stated('ReplicaSetUpdated', 'is progressing.') : asStated(before);
}

function asStated(condition: JsonObject): Condition {
  const { status } = condition;
  return {
    type: 'Progressing',
    status: status === 'True' ? 'True' : status === 'False' ? 'False' : 'Unknown',
    reason: stringAt(condition, 'reason') ?? '',
    message: stringAt(condition, 'message') ?? '',
  };
}

function isComplete(counts: Counts, { replicas }: RolloutLimits): boolean {
  return (
    counts.updatedReplicas === replicas &&
    counts.replicas === replicas &&
    counts.availableReplicas === replicas
  );
}

/** True if the counts differ from what was last written. */
function moved(counts: Counts, previous: JsonObject): boolean {
  return Object.entries(counts).some(([name, count]) => (numberAt(previous, name) ?? 0) !== count);
}

function isOverdue({ deployment, now }: StatusInput, before: JsonObject | undefined): boolean {
  if (before === undefined || before['reason'] === 'NewReplicaSetAvailable') return false;
  if (before['reason'] === 'ProgressDeadlineExceeded') return true;
  const deadline = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600;
  return Date.parse(now) - Date.parse(stringAt(before, 'lastUpdateTime') ?? '') > deadline * 1000;
}

/** Every step forward counts as an update of `Progressing`, so that the deadline runs from the last one. */
function refreshed(
  conditions: readonly JsonObject[],
  previous: JsonObject,
  { counts, now }: { readonly counts: Counts; readonly now: string },
): readonly JsonObject[] {
  if (!moved(counts, previous)) return conditions;
  return conditions.map((condition) =>
    condition['type'] === 'Progressing' && !equal(condition['lastUpdateTime'], now)
      ? { ...condition, lastUpdateTime: now }
      : condition,
  );
}
