import { createHash } from 'node:crypto';
import { type JsonObject, objectAt, objectsAt, stringAt } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { type Condition, withConditions } from './conditions.js';

interface PodState {
  readonly isRunning: boolean;
  readonly isReady: boolean;
  /** RFC 3339. */
  readonly now: string;
  readonly hostIp: string;
}

/** The status a kubelet would report for a pod on a node. */
export function podStatus(pod: KubeObject, state: PodState): JsonObject {
  const previous = objectAt(pod, 'status');
  const address = stringAt(previous, 'podIP') ?? podAddress(pod.metadata.uid);
  return {
    phase: state.isRunning ? 'Running' : 'Pending',
    observedGeneration: pod.metadata.generation,
    conditions: withConditions(previous, conditionsOf(state, pod), { now: state.now }),
    hostIP: state.hostIp,
    hostIPs: [{ ip: state.hostIp }],
    ...(state.isRunning ? { podIP: address, podIPs: [{ ip: address }] } : {}),
    startTime: stringAt(previous, 'startTime') ?? state.now,
    ...statuses(pod, state, 'init'),
    ...statuses(pod, state, 'main'),
    qosClass: qosClass(pod),
  };
}

function conditionsOf({ isRunning, isReady }: PodState, pod: KubeObject): readonly Condition[] {
  const names = objectsAt(pod, 'spec', 'containers').map(
    (container) => stringAt(container, 'name') ?? '',
  );
  const notReady = {
    reason: 'ContainersNotReady',
    message: `containers with unready status: [${names.join(' ')}]`,
  };
  const condition = (type: string, isTrue: boolean, why?: object): Condition => ({
    type,
    status: isTrue ? 'True' : 'False',
    ...(isTrue ? {} : why),
  });
  return [
    condition('PodReadyToStartContainers', isRunning),
    condition('Initialized', true),
    condition('Ready', isReady, notReady),
    condition('ContainersReady', isReady, notReady),
    condition('PodScheduled', true),
  ];
}

/** Where the containers of one kind stand in the spec and in the status. */
const kinds = {
  init: { member: 'initContainers', statusMember: 'initContainerStatuses' },
  main: { member: 'containers', statusMember: 'containerStatuses' },
} as const;

function statuses(pod: KubeObject, state: PodState, kind: keyof typeof kinds): JsonObject {
  const { member, statusMember } = kinds[kind];
  const containers = objectsAt(pod, 'spec', member);
  if (containers.length === 0) return {};
  const before = objectsAt(pod, 'status', statusMember);
  return {
    [statusMember]: containers.map((container) => {
      const previous = before.find(({ name }) => name === container['name']);
      return containerStatus(container, previous, { ...state, isInit: kind === 'init' });
    }),
  };
}

function containerStatus(
  container: JsonObject,
  previous: JsonObject | undefined,
  state: PodState & { readonly isInit: boolean },
): JsonObject {
  const image = stringAt(container, 'image') ?? '';
  const started = stringAt(previous, 'state', 'running', 'startedAt') ?? state.now;
  const digest = createHash('sha256').update(image).digest('hex');
  return {
    name: container['name'],
    state: containerState(state, started),
    lastState: objectAt(previous, 'lastState'),
    ready: state.isInit ? state.isRunning : state.isReady,
    restartCount: previous?.['restartCount'] ?? 0,
    image,
    imageID: state.isRunning ? `sandbox.invalid/${image.split(':')[0] ?? ''}@sha256:${digest}` : '',
    ...(state.isRunning ? { containerID: `sandbox://${digest}` } : {}),
    started: state.isRunning && !state.isInit,
  };
}

function containerState(
  { isRunning, isInit }: PodState & { readonly isInit: boolean },
  started: string,
): JsonObject {
  if (!isRunning) return { waiting: { reason: 'ContainerCreating' } };
  if (!isInit) return { running: { startedAt: started } };
  return {
    terminated: { exitCode: 0, reason: 'Completed', startedAt: started, finishedAt: started },
  };
}

/** An address in 10.244.0.0/16 that follows from the uid. */
function podAddress(uid: string): string {
  const digest = createHash('sha256').update(uid).digest();
  return `10.244.${digest.readUInt8(0)}.${1 + (digest.readUInt8(1) % 254)}`;
}

/** Guaranteed, Burstable or BestEffort, by what the containers ask for. */
function qosClass(pod: KubeObject): string {
  const resources = objectsAt(pod, 'spec', 'containers').map((container) =>
    objectAt(container, 'resources'),
  );
  const asksNothing = resources.every(
    (resource) => !('requests' in resource) && !('limits' in resource),
  );
  if (asksNothing) return 'BestEffort';
  const isFixed = resources.every((resource) => {
    const limits = objectAt(resource, 'limits');
    const requests = { ...limits, ...objectAt(resource, 'requests') };
    return ['cpu', 'memory'].every(
      (name) => limits[name] !== undefined && limits[name] === requests[name],
    );
  });
  return isFixed ? 'Guaranteed' : 'Burstable';
}
