import { conflict } from '../api-status.js';
import { type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { type KubeObject, timestamp, withField, withMetadata } from '../kube-object.js';
import { namespaces } from '../resources/cluster.js';
import { pods } from '../resources/pods.js';
import { getObject, type ObjectKey, type Registry } from './registry.js';
import type { ResourceType } from './resource-type.js';

/** What becomes of the dependents of a deleted object. */
export type Propagation = 'Background' | 'Foreground' | 'Orphan';

/** `DeleteOptions` as the sandbox understands them. */
export interface DeleteOptions {
  readonly dryRun: boolean;
  /** Seconds a pod gets to stop; `undefined` for its own choice. */
  readonly gracePeriodSeconds: number | undefined;
  readonly propagation: Propagation;
  readonly preconditions: { readonly uid?: string; readonly resourceVersion?: string };
}

/** How the controllers delete. */
export const backgroundDeletion: DeleteOptions = {
  dryRun: false,
  gracePeriodSeconds: undefined,
  propagation: 'Background',
  preconditions: {},
};

/** The outcome of a deletion. */
export interface Deleted {
  readonly object: KubeObject;
  /** False while finalizers or a grace period keep the object. */
  readonly gone: boolean;
}

/** The finalizers by which the garbage collector knows what to do first. */
export const foregroundFinalizer = 'foregroundDeletion';
export const orphanFinalizer = 'orphan';

/**
 * Deletes an object, or starts to: a running pod stops first, finalizers are waited for, a namespace is
 * emptied.
 *
 * @throws {@link ApiStatus} 404, 409 when a precondition does not hold.
 */
export function deleteObject(registry: Registry, key: ObjectKey, options: DeleteOptions): Deleted {
  const { type } = key;
  const object = getObject(registry, key);
  refusePreconditions(type, object, options);
  const doomed = marking(registry, { type, object, options });
  if (doomed === undefined) {
    if (options.dryRun) return { object, gone: true };
    return { object: registry.store.remove(type, withoutDeadline(object)), gone: true };
  }
  if (options.dryRun || doomed === object) return { object: doomed, gone: false };
  return { object: registry.store.put(type, doomed), gone: false };
}

function withoutDeadline(object: KubeObject): KubeObject {
  return object.metadata.deletionTimestamp === undefined
    ? object
    : withMetadata(object, { deletionGracePeriodSeconds: 0 });
}

interface Deletion {
  readonly type: ResourceType;
  readonly object: KubeObject;
  readonly options: DeleteOptions;
}

/** The object marked for deletion, or `undefined` when it can go at once. */
function marking(registry: Registry, deletion: Deletion): KubeObject | undefined {
  const { type, object, options } = deletion;
  const grace = type === pods ? podGrace(object, options) : 0;
  const finalizers = finalizersFor(object, options);
  if (finalizers.length === 0 && grace === 0 && type !== namespaces) return undefined;
  const { deletionTimestamp, deletionGracePeriodSeconds = 0 } = object.metadata;
  if (deletionTimestamp !== undefined && grace >= deletionGracePeriodSeconds) {
    return withFinalizers(object, finalizers);
  }
  const deadline = new Date(registry.clock().getTime() + grace * 1000);
  return marked(deletion, {
    deletionTimestamp: timestamp(deadline),
    deletionGracePeriodSeconds: grace,
    ...(finalizers.length === 0 ? {} : { finalizers }),
  });
}

function withFinalizers(object: KubeObject, finalizers: readonly string[]): KubeObject {
  const isSame = finalizers.length === (object.metadata.finalizers ?? []).length;
  return isSame ? object : withMetadata(object, { finalizers });
}

function marked({ type, object }: Deletion, metadata: JsonObject): KubeObject {
  const changed = withMetadata(object, metadata);
  return type === namespaces ? withField(changed, ['status', 'phase'], 'Terminating') : changed;
}

/** A pod that is on a node and not finished gets time to stop. */
function podGrace(pod: KubeObject, { gracePeriodSeconds }: DeleteOptions): number {
  const phase = stringAt(pod, 'status', 'phase') ?? '';
  const isRunning = stringAt(pod, 'spec', 'nodeName') !== undefined;
  if (!isRunning || ['Succeeded', 'Failed'].includes(phase)) return 0;
  return gracePeriodSeconds ?? numberAt(pod, 'spec', 'terminationGracePeriodSeconds') ?? 30;
}

function finalizersFor(object: KubeObject, { propagation }: DeleteOptions): readonly string[] {
  const others = (object.metadata.finalizers ?? []).filter(
    (finalizer) => finalizer !== foregroundFinalizer && finalizer !== orphanFinalizer,
  );
  switch (propagation) {
    case 'Foreground':
      return [...others, foregroundFinalizer];
    case 'Orphan':
      return [...others, orphanFinalizer];
    case 'Background':
      return others;
  }
}

function refusePreconditions(
  type: ResourceType,
  { metadata }: KubeObject,
  { preconditions }: DeleteOptions,
): void {
  const { uid, resourceVersion } = preconditions;
  // Here the API server names the kind, and everywhere else the resource.
  const resource = { group: type.group, resource: type.kind };
  const mismatch = (what: string, asked: string, actual: string) =>
    conflict(
      resource,
      metadata.name,
      `the ${what} in the precondition (${asked}) does not match the ${what} in record (${actual}). The object might have been ${what === 'UID' ? 'deleted and then recreated' : 'modified'}`,
    );
  if (uid !== undefined && uid !== metadata.uid) throw mismatch('UID', uid, metadata.uid);
  if (resourceVersion !== undefined && resourceVersion !== metadata.resourceVersion) {
    throw mismatch('ResourceVersion', resourceVersion, metadata.resourceVersion);
  }
}

/** Empties `spec.finalizers` of a namespace whose content is gone, and removes it. */
export function finalizeNamespace(registry: Registry, name: string): void {
  const found = registry.store.get(namespaces, undefined, name);
  if (found?.metadata.deletionTimestamp === undefined) return;
  const empty = withField(found, ['spec'], { ...objectAt(found, 'spec'), finalizers: undefined });
  if ((found.metadata.finalizers ?? []).length === 0) registry.store.remove(namespaces, empty);
}
