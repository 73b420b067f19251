import { type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { controllerOf, type KubeObject, withField, withMetadata } from '../kube-object.js';
import { backgroundDeletion, deleteObject } from '../registry/delete-object.js';
import type { StoreEvent } from '../registry/object-store.js';
import { keyOfObject, nowOf } from '../registry/registry.js';
import { deployments, replicaSets } from '../resources/workloads.js';
import { type Condition, findCondition } from './conditions.js';
import { type Controller, type ControllerContext, objectKey, splitKey } from './controller.js';
import { deploymentStatus } from './deployment-status.js';
import { failsReadiness, faultRevisionAnnotation, readinessAnnotation } from './readiness-fault.js';
import {
  createReplicaSet,
  currentReplicaSet,
  inheritedAnnotations,
  replicaSetsOf,
  revisionAnnotation,
  revisionOf,
} from './replica-sets-of.js';
import {
  planRollingUpdate,
  type RolloutLimits,
  rolloutLimits,
  type ScalePlan,
} from './rolling-update.js';
import { writeObject, writeStatus } from './workload-writes.js';

const component = 'deployment-controller';

/** Rolls Deployments: one ReplicaSet per version of the template, replicas moved from old to new. */
export function deploymentController(context: ControllerContext): Controller {
  return {
    keysOf: deploymentKeys,
    reconcile: (key) => {
      const { namespace, name } = splitKey(key);
      const deployment = context.store.get(deployments, namespace, name);
      if (deployment?.metadata.deletionTimestamp !== undefined || deployment === undefined) {
        return undefined;
      }
      new Rollout(context, deployment).step();
      return nextLook(context, context.store.get(deployments, namespace, name));
    },
  };
}

function deploymentKeys({ type, object }: StoreEvent): readonly string[] {
  if (type === deployments) return [objectKey(object.metadata.namespace, object.metadata.name)];
  if (type !== replicaSets) return [];
  const owner = controllerOf(object);
  return owner?.kind === 'Deployment' ? [objectKey(object.metadata.namespace, owner.name)] : [];
}

/** An unfinished rollout is looked at again when its deadline passes. */
function nextLook(
  context: ControllerContext,
  deployment: KubeObject | undefined,
): number | undefined {
  if (deployment === undefined) return undefined;
  const progress = findCondition(objectAt(deployment, 'status'), 'Progressing');
  const reason = stringAt(progress, 'reason') ?? '';
  if (
    ['', 'NewReplicaSetAvailable', 'ProgressDeadlineExceeded', 'DeploymentPaused'].includes(reason)
  ) {
    return undefined;
  }
  const deadline = numberAt(deployment, 'spec', 'progressDeadlineSeconds') ?? 600;
  const since = context.clock().getTime() - Date.parse(stringAt(progress, 'lastUpdateTime') ?? '');
  return Math.min(Math.max(100, deadline * 1000 - since + 1000), 2 ** 31 - 1);
}

/** One look at one Deployment. */
class Rollout {
  private readonly limits: RolloutLimits;
  private sets: readonly KubeObject[];
  private current: KubeObject | undefined;
  private progress: Condition | undefined;

  constructor(
    private readonly context: ControllerContext,
    private deployment: KubeObject,
  ) {
    const replicas = numberAt(deployment, 'spec', 'replicas') ?? 1;
    const rolling = objectAt(deployment, 'spec', 'strategy', 'rollingUpdate');
    this.limits = rolloutLimits(replicas, {
      maxSurge: limit(rolling, 'maxSurge'),
      maxUnavailable: limit(rolling, 'maxUnavailable'),
    });
    this.sets = replicaSetsOf(context, deployment);
    this.current = currentReplicaSet(deployment, this.sets);
  }

  step(): void {
    const isPaused = objectAt(this.deployment, 'spec')['paused'] === true;
    if (!isPaused) this.prepareCurrent();
    this.spreadFault();
    const plan = isPaused ? this.planPaused() : this.plan();
    for (const [name, replicas] of plan) this.scale(name, replicas);
    if (!isPaused) this.forgetOldRevisions();
    this.writeStatus();
  }

  private prepareCurrent(): void {
    const others = this.sets.filter((set) => set !== this.current);
    const newest = Math.max(0, ...others.map(revisionOf));
    const { current } = this;
    if (current === undefined) {
      this.createCurrent(newest + 1);
    } else if (newest >= revisionOf(current)) {
      this.progress = this.stated(
        'FoundNewReplicaSet',
        `Found new replica set "${current.metadata.name}"`,
      );
      this.annotateCurrent(current, newest + 1);
    } else {
      this.annotateCurrent(current, Math.max(1, revisionOf(current)));
    }
    this.annotateDeployment();
  }

  private createCurrent(revision: number): void {
    this.current = createReplicaSet(this.context, this.deployment, {
      ...inheritedAnnotations(this.deployment),
      ...this.sizeAnnotations(),
      [revisionAnnotation]: `${revision}`,
    });
    this.sets = [...this.sets, this.current];
    this.progress = this.stated(
      'NewReplicaSetCreated',
      `Created new replica set "${this.current.metadata.name}"`,
    );
  }

  private stated(reason: string, message: string): Condition {
    return { type: 'Progressing', status: 'True', reason, message };
  }

  private sizeAnnotations(): Readonly<Record<string, string>> {
    const { replicas, maxSurge } = this.limits;
    return {
      'deployment.kubernetes.io/desired-replicas': `${replicas}`,
      'deployment.kubernetes.io/max-replicas': `${replicas + maxSurge}`,
    };
  }

  private annotateCurrent(current: KubeObject, revision: number): void {
    const annotations = {
      ...current.metadata.annotations,
      ...inheritedAnnotations(this.deployment),
      ...this.sizeAnnotations(),
      [revisionAnnotation]: `${revision}`,
    };
    this.current = this.replace(current, withMetadata(current, { annotations }));
  }

  private annotateDeployment(): void {
    const { annotations } = this.deployment.metadata;
    const revision = `${this.current === undefined ? 0 : revisionOf(this.current)}`;
    if (annotations?.[revisionAnnotation] === revision) return;
    this.changeAnnotations({ [revisionAnnotation]: revision });
  }

  private changeAnnotations(changes: Readonly<Record<string, string | undefined>>): void {
    const annotations = Object.fromEntries(
      Object.entries({ ...this.deployment.metadata.annotations, ...changes }).filter(
        ([, value]) => value !== undefined,
      ),
    );
    const object = withMetadata(this.deployment, { annotations });
    this.deployment = writeObject(this.context, { type: deployments, object });
  }

  /** Moves the fault knob to the revision it hits, and takes it off once another one is rolled out. */
  private spreadFault(): void {
    const { current } = this;
    if (current === undefined || !failsReadiness(this.deployment)) return;
    const revision = `${revisionOf(current)}`;
    const hit = this.deployment.metadata.annotations?.[faultRevisionAnnotation];
    if (hit === undefined) {
      this.changeAnnotations({ [faultRevisionAnnotation]: revision });
      const annotations = { ...current.metadata.annotations, [readinessAnnotation]: 'failing' };
      this.current = this.replace(current, withMetadata(current, { annotations }));
    } else if (hit !== revision) {
      this.changeAnnotations({
        [faultRevisionAnnotation]: undefined,
        [readinessAnnotation]: undefined,
      });
    }
  }

  private plan(): ScalePlan {
    const { current } = this;
    if (current === undefined) return new Map();
    const old = this.oldSets();
    if (stringAt(this.deployment, 'spec', 'strategy', 'type') !== 'Recreate') {
      return planRollingUpdate(this.limits, countsOf(current), old.map(countsOf));
    }
    const running = old.filter(
      (set) => replicasOf(set) > 0 || (numberAt(set, 'status', 'replicas') ?? 0) > 0,
    );
    if (running.length > 0) return new Map(running.map((set) => [set.metadata.name, 0]));
    return new Map([[current.metadata.name, this.limits.replicas]]);
  }

  /** A paused Deployment is still scaled: its newest ReplicaSet with pods takes the difference. */
  private planPaused(): ScalePlan {
    const active = this.sets.filter((set) => replicasOf(set) > 0);
    const target = active.at(-1) ?? this.current;
    if (target === undefined) return new Map();
    const others = active.filter((set) => set !== target);
    const rest = others.reduce((total, set) => total + replicasOf(set), 0);
    return new Map([[target.metadata.name, Math.max(0, this.limits.replicas - rest)]]);
  }

  private oldSets(): readonly KubeObject[] {
    const uid = this.current?.metadata.uid;
    return this.sets.filter((set) => set.metadata.uid !== uid);
  }

  private scale(name: string, replicas: number): void {
    const set = this.sets.find((candidate) => candidate.metadata.name === name);
    if (set === undefined || replicasOf(set) === replicas) return;
    const before = replicasOf(set);
    const scaled = this.replace(set, withField(set, ['spec', 'replicas'], replicas));
    if (scaled.metadata.uid === this.current?.metadata.uid) this.current = scaled;
    const direction = replicas > before ? 'up' : 'down';
    this.context.events.record(this.deployment, {
      type: 'Normal',
      reason: 'ScalingReplicaSet',
      message: `Scaled ${direction} replica set ${name} from ${before} to ${replicas}`,
      component,
    });
  }

  private forgetOldRevisions(): void {
    const limitOfHistory = numberAt(this.deployment, 'spec', 'revisionHistoryLimit') ?? 10;
    const idle = this.oldSets().filter(
      (set) => replicasOf(set) === 0 && (numberAt(set, 'status', 'replicas') ?? 0) === 0,
    );
    const forgotten = idle.slice(0, Math.max(0, idle.length - limitOfHistory));
    for (const set of forgotten) {
      deleteObject(this.context, keyOfObject(replicaSets, set), backgroundDeletion);
    }
    this.sets = this.sets.filter((set) => !forgotten.includes(set));
  }

  private writeStatus(): void {
    const status = deploymentStatus({
      deployment: this.deployment,
      replicaSets: this.sets,
      current: this.current,
      limits: this.limits,
      now: nowOf(this.context),
      ...(this.progress === undefined ? {} : { progress: this.progress }),
    });
    writeStatus(this.context, { type: deployments, object: this.deployment }, status);
  }

  private replace(set: KubeObject, changed: KubeObject): KubeObject {
    const written = writeObject(this.context, { type: replicaSets, object: changed });
    this.sets = this.sets.map((candidate) => (candidate === set ? written : candidate));
    return written;
  }
}

function limit(rolling: JsonObject, member: string): string | number {
  const value = rolling[member];
  return typeof value === 'string' || typeof value === 'number' ? value : '25%';
}

function replicasOf(set: KubeObject): number {
  return numberAt(set, 'spec', 'replicas') ?? 0;
}

function countsOf(set: KubeObject) {
  return {
    name: set.metadata.name,
    replicas: replicasOf(set),
    available: numberAt(set, 'status', 'availableReplicas') ?? 0,
  };
}
