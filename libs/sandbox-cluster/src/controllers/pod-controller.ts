import { equal, numberAt, objectAt, objectsAt, stringAt } from '../json.js';
import { controllerOf, type KubeObject, withField, withMetadata } from '../kube-object.js';
import type { StoreEvent } from '../registry/object-store.js';
import { nowOf } from '../registry/registry.js';
import { nodes } from '../resources/cluster.js';
import { pods } from '../resources/pods.js';
import { replicaSets } from '../resources/workloads.js';
import { holds } from './conditions.js';
import { type Controller, type ControllerContext, objectKey, splitKey } from './controller.js';
import { podStatus } from './pod-status.js';
import { failsReadiness } from './readiness-fault.js';
import { writeObject, writeStatus } from './workload-writes.js';

const kubelet = 'kubelet';

/** Plays scheduler and kubelet: puts pods on a node, starts them, reports their readiness, stops them. */
export function podController(context: ControllerContext): Controller {
  return {
    keysOf: (event) => podKeys(context, event),
    reconcile: (key) => {
      const { namespace, name } = splitKey(key);
      const pod = context.store.get(pods, namespace, name);
      if (pod === undefined) return undefined;
      if (pod.metadata.deletionTimestamp !== undefined) return stop(context, pod);
      if (stringAt(pod, 'spec', 'nodeName') !== undefined) return run(context, pod);
      schedule(context, pod);
      return undefined;
    },
  };
}

function podKeys({ store }: ControllerContext, { type, object }: StoreEvent): readonly string[] {
  const { namespace, name, uid } = object.metadata;
  if (type === pods) return [objectKey(namespace, name)];
  if (type === nodes)
    return store.list(pods).map((pod) => objectKey(pod.metadata.namespace, pod.metadata.name));
  if (type !== replicaSets) return [];
  return store
    .list(pods, namespace)
    .filter((pod) => controllerOf(pod)?.uid === uid)
    .map((pod) => objectKey(namespace, pod.metadata.name));
}

function schedule(context: ControllerContext, pod: KubeObject): void {
  const node = context.store
    .list(nodes)
    .find(
      (candidate) =>
        objectAt(candidate, 'spec')['unschedulable'] !== true &&
        holds(objectAt(candidate, 'status'), 'Ready') &&
        suits(pod, candidate),
    );
  const { name, namespace = '' } = pod.metadata;
  if (node === undefined) {
    const total = context.store.list(nodes).length;
    context.events.record(pod, {
      type: 'Warning',
      reason: 'FailedScheduling',
      message: `0/${total} nodes are available.`,
      component: 'default-scheduler',
    });
    return;
  }
  const nodeName = node.metadata.name;
  const object = withField(pod, ['spec', 'nodeName'], nodeName);
  writeObject(context, { type: pods, object, manager: 'kube-scheduler' });
  context.events.record(pod, {
    type: 'Normal',
    reason: 'Scheduled',
    message: `Successfully assigned ${namespace}/${name} to ${nodeName}`,
    component: 'default-scheduler',
  });
}

function suits(pod: KubeObject, node: KubeObject): boolean {
  const labels = node.metadata.labels ?? {};
  return Object.entries(objectAt(pod, 'spec', 'nodeSelector')).every(
    ([label, value]) => labels[label] === value,
  );
}

function run(context: ControllerContext, pod: KubeObject): number | undefined {
  const phase = stringAt(pod, 'status', 'phase') ?? '';
  if (phase === 'Succeeded' || phase === 'Failed') return undefined;
  const startedAt = stringAt(pod, 'status', 'startTime');
  if (startedAt === undefined) {
    report(context, pod, { isRunning: false, isReady: false });
    return undefined;
  }
  const left = phase === 'Running' ? 0 : startDelay.left(pod, context.podStartMs);
  if (left > 0) return left;
  if (phase !== 'Running') announce(context, pod);
  observe(context, pod);
  return undefined;
}

/**
 * Tells how long is left of a delay that began when this state of an object was first seen. Metadata has whole seconds, too coarse for a pod that starts within one.
 */
class Delay {
  private readonly since = new WeakMap<KubeObject, number>();

  left(object: KubeObject, delayMs: number): number {
    const now = performance.now();
    const since = this.since.get(object) ?? now;
    this.since.set(object, since);
    return Math.ceil(since + delayMs - now);
  }
}

const startDelay = new Delay();
const stopDelay = new Delay();

function announce(context: ControllerContext, pod: KubeObject): void {
  const containers = objectsAt(pod, 'spec', 'containers');
  for (const container of containers) {
    const name = stringAt(container, 'name') ?? '';
    const say = (reason: string, message: string): void =>
      context.events.record(pod, { type: 'Normal', reason, message, component: kubelet });
    say(
      'Pulled',
      `Container image ${JSON.stringify(container['image'])} already present on machine`,
    );
    say('Created', `Container created`);
    say('Started', `Container ${name} started`);
  }
}

/** Reports a running pod, ready unless the fault knob says otherwise. */
function observe(context: ControllerContext, pod: KubeObject): void {
  const owner = controllerOf(pod);
  const set =
    owner?.kind === 'ReplicaSet'
      ? context.store.get(replicaSets, pod.metadata.namespace, owner.name)
      : undefined;
  const isReady = !failsReadiness(pod) && !failsReadiness(set);
  if (
    !isReady &&
    (holds(objectAt(pod, 'status'), 'Ready') || stringAt(pod, 'status', 'phase') === 'Pending')
  ) {
    context.events.record(pod, {
      type: 'Warning',
      reason: 'Unhealthy',
      message: 'Readiness probe failed: HTTP probe failed with statuscode: 503',
      component: kubelet,
    });
  }
  report(context, pod, { isRunning: true, isReady });
}

function report(
  context: ControllerContext,
  pod: KubeObject,
  state: { readonly isRunning: boolean; readonly isReady: boolean },
): void {
  const node = context.store.get(nodes, undefined, stringAt(pod, 'spec', 'nodeName') ?? '');
  const internal = objectsAt(node, 'status', 'addresses').find(({ type }) => type === 'InternalIP');
  const hostIp = stringAt(internal, 'address') ?? '10.0.0.1';
  const status = podStatus(pod, { ...state, now: nowOf(context), hostIp });
  if (equal(status, pod['status'])) return;
  writeStatus(context, { type: pods, object: pod, manager: kubelet }, status);
}

/** Lets a pod stop within its grace period, then removes it unless a finalizer keeps it. */
function stop(context: ControllerContext, pod: KubeObject): number | undefined {
  const graceMs = (pod.metadata.deletionGracePeriodSeconds ?? 0) * 1000;
  const left = stopDelay.left(pod, Math.min(context.podStopMs, graceMs));
  if (left > 0) return left;
  const stopped = withMetadata(pod, { deletionGracePeriodSeconds: 0 });
  if ((pod.metadata.finalizers ?? []).length === 0) context.store.remove(pods, stopped);
  else if (numberAt(pod, 'metadata', 'deletionGracePeriodSeconds') !== 0)
    context.store.put(pods, stopped);
  return undefined;
}
