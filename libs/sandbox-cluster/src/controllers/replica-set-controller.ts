import { equal, type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { controlledBy, controllerOf, type KubeObject, withMetadata } from '../kube-object.js';
import { createObject } from '../registry/create-object.js';
import { backgroundDeletion, deleteObject } from '../registry/delete-object.js';
import { matchesLabels, selectorRequirements } from '../registry/label-selector.js';
import type { StoreEvent } from '../registry/object-store.js';
import { keyOfObject } from '../registry/registry.js';
import { controllerWrites } from '../registry/write-options.js';
import { pods } from '../resources/pods.js';
import { replicaSets } from '../resources/workloads.js';
import { findCondition, holds } from './conditions.js';
import { type Controller, type ControllerContext, objectKey, splitKey } from './controller.js';
import { writeObject, writeStatus } from './workload-writes.js';

const component = 'replicaset-controller';

/** Keeps as many pods as a ReplicaSet asks for. */
export function replicaSetController(context: ControllerContext): Controller {
  return {
    keysOf: replicaSetKeys,
    reconcile: (key) => {
      const { namespace, name } = splitKey(key);
      const set = context.store.get(replicaSets, namespace, name);
      if (set === undefined) return undefined;
      const owned = podsOf(context, set).filter(isActive);
      if (set.metadata.deletionTimestamp === undefined) adjust(context, set, owned);
      return report(context, set);
    },
  };
}

function replicaSetKeys({ type, object }: StoreEvent): readonly string[] {
  if (type === replicaSets) return [objectKey(object.metadata.namespace, object.metadata.name)];
  if (type !== pods) return [];
  const owner = controllerOf(object);
  return owner?.kind === 'ReplicaSet' ? [objectKey(object.metadata.namespace, owner.name)] : [];
}

function isActive(pod: KubeObject): boolean {
  const phase = stringAt(pod, 'status', 'phase') ?? '';
  return pod.metadata.deletionTimestamp === undefined && !['Succeeded', 'Failed'].includes(phase);
}

/** The pods of a ReplicaSet; matching ones without an owner are adopted. */
function podsOf(context: ControllerContext, set: KubeObject): readonly KubeObject[] {
  const selector = selectorRequirements(objectAt(set, 'spec', 'selector'));
  return context.store.list(pods, set.metadata.namespace).flatMap((pod) => {
    const owner = controllerOf(pod);
    if (owner !== undefined) return owner.uid === set.metadata.uid ? [pod] : [];
    const isOrphan = isActive(pod) && matchesLabels(selector, pod.metadata.labels);
    if (!isOrphan || set.metadata.deletionTimestamp !== undefined) return [];
    const ownerReferences = [...(pod.metadata.ownerReferences ?? []), controlledBy(set)];
    return [writeObject(context, { type: pods, object: withMetadata(pod, { ownerReferences }) })];
  });
}

function adjust(context: ControllerContext, set: KubeObject, owned: readonly KubeObject[]): void {
  const missing = (numberAt(set, 'spec', 'replicas') ?? 0) - owned.length;
  for (let index = 0; index < missing; index += 1) createPod(context, set);
  const surplus = [...owned].sort(byUselessness).slice(0, Math.max(0, -missing));
  for (const pod of surplus) {
    deleteObject(context, keyOfObject(pods, pod), backgroundDeletion);
    record(context, set, {
      reason: 'SuccessfulDelete',
      message: `Deleted pod: ${pod.metadata.name}`,
    });
  }
}

function createPod(context: ControllerContext, set: KubeObject): void {
  const template = objectAt(set, 'spec', 'template');
  const pod = createObject(context, {
    type: pods,
    namespace: set.metadata.namespace,
    body: {
      metadata: {
        ...objectAt(template, 'metadata'),
        generateName: `${set.metadata.name}-`,
        ownerReferences: [controlledBy(set)],
      },
      spec: template['spec'],
    },
    options: controllerWrites('kube-controller-manager'),
  });
  record(context, set, {
    reason: 'SuccessfulCreate',
    message: `Created pod: ${pod.metadata.name}`,
  });
}

function record(
  context: ControllerContext,
  set: KubeObject,
  happening: { readonly reason: string; readonly message: string },
): void {
  context.events.record(set, { type: 'Normal', component, ...happening });
}

/** Pods that serve nothing go first: not on a node, not running, not ready; then the newest. */
function byUselessness(left: KubeObject, right: KubeObject): number {
  const rank = (pod: KubeObject): number => {
    if (stringAt(pod, 'spec', 'nodeName') === undefined) return 0;
    if (stringAt(pod, 'status', 'phase') !== 'Running') return 1;
    return isReady(pod) ? 3 : 2;
  };
  const byRank = rank(left) - rank(right);
  if (byRank !== 0) return byRank;
  return left.metadata.creationTimestamp < right.metadata.creationTimestamp ? 1 : -1;
}

function isReady(pod: KubeObject): boolean {
  return holds(objectAt(pod, 'status'), 'Ready');
}

/** Writes the status; returns when a pod that is ready becomes available, if one is to. */
function report(context: ControllerContext, set: KubeObject): number | undefined {
  const { namespace, name } = set.metadata;
  const latest = context.store.get(replicaSets, namespace, name);
  if (latest?.metadata.uid !== set.metadata.uid) return undefined;
  const owned = podsOf(context, latest).filter(isActive);
  const ready = owned.filter(isReady);
  const waits = ready.map((pod) => untilAvailable(context, latest, pod));
  const counts = {
    fullyLabeledReplicas: owned.length,
    readyReplicas: ready.length,
    availableReplicas: waits.filter((wait) => wait <= 0).length,
  };
  const status: JsonObject = {
    replicas: owned.length,
    ...Object.fromEntries(Object.entries(counts).filter(([, count]) => count > 0)),
    observedGeneration: latest.metadata.generation,
  };
  if (!equal(status, latest['status'])) {
    writeStatus(context, { type: replicaSets, object: latest }, status);
  }
  const pending = waits.filter((wait) => wait > 0);
  return pending.length === 0 ? undefined : Math.min(...pending);
}

/** Milliseconds until a ready pod has been ready for `minReadySeconds`. */
function untilAvailable(context: ControllerContext, set: KubeObject, pod: KubeObject): number {
  const minReadyMs = (numberAt(set, 'spec', 'minReadySeconds') ?? 0) * 1000;
  if (minReadyMs === 0) return 0;
  const ready = findCondition(objectAt(pod, 'status'), 'Ready');
  const since = Date.parse(stringAt(ready, 'lastTransitionTime') ?? '');
  return since + minReadyMs - context.clock().getTime();
}
