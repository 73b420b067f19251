import { type KubeObject, type OwnerReference, withMetadata } from '../kube-object.js';
import {
  backgroundDeletion,
  deleteObject,
  foregroundFinalizer,
  orphanFinalizer,
} from '../registry/delete-object.js';
import type { StoreEvent } from '../registry/object-store.js';
import { keyOfObject } from '../registry/registry.js';
import type { ResourceType } from '../registry/resource-type.js';
import type { Controller, ControllerContext } from './controller.js';
import { writeObject } from './workload-writes.js';

interface Located {
  readonly type: ResourceType;
  readonly object: KubeObject;
}

/**
 * Deletes objects whose owners are gone, and does what the finalizers of a foreground or orphaning deletion
 * ask for. Keys are `<resource>.<group>/<namespace>/<name>`.
 */
export function garbageCollector(context: ControllerContext): Controller {
  const dependents = new Dependents();
  return {
    keysOf: (event) => {
      dependents.observe(event);
      const around = dependents.of(event.object.metadata.uid);
      const owners = (event.object.metadata.ownerReferences ?? []).flatMap((owner) =>
        ownerKey(context, owner, event.object.metadata.namespace),
      );
      const isEnd = event.change === 'DELETED';
      return [...(isEnd ? around : []), ...(isEnd ? owners : []), keyOf(event.type, event.object)];
    },
    reconcile: (key) => {
      const found = locate(context, key);
      if (found !== undefined) collect(context, found, dependents);
      return undefined;
    },
  };
}

/** Which objects name which owner. */
class Dependents {
  private readonly byOwner = new Map<string, Set<string>>();

  observe({ change, type, object, previous }: StoreEvent): void {
    const key = keyOf(type, object);
    for (const uid of ownersOf(previous)) this.forget(uid, key);
    if (change === 'DELETED') return;
    for (const uid of ownersOf(object)) {
      this.byOwner.set(uid, (this.byOwner.get(uid) ?? new Set()).add(key));
    }
  }

  private forget(uid: string, key: string): void {
    const known = this.byOwner.get(uid);
    known?.delete(key);
    if (known?.size === 0) this.byOwner.delete(uid);
  }

  of(uid: string): readonly string[] {
    return [...(this.byOwner.get(uid) ?? [])];
  }
}

function ownersOf(object: KubeObject | undefined): readonly string[] {
  return (object?.metadata.ownerReferences ?? []).map(({ uid }) => uid);
}

function keyOf(type: ResourceType, { metadata }: KubeObject): string {
  return `${type.resource}.${type.group}/${metadata.namespace ?? ''}/${metadata.name}`;
}

function ownerKey(
  { types }: ControllerContext,
  ...[owner, namespace]: readonly [OwnerReference, string | undefined]
): readonly string[] {
  const type = types.ofKind(owner.apiVersion, owner.kind);
  if (type === undefined) return [];
  const place = type.namespaced ? (namespace ?? '') : '';
  return [`${type.resource}.${type.group}/${place}/${owner.name}`];
}

function locate(context: ControllerContext, key: string): Located | undefined {
  const [resource, namespace = '', name = ''] = key.split('/');
  const type = context.types.all.find(
    (candidate) => `${candidate.resource}.${candidate.group}` === resource,
  );
  const object = type && context.store.get(type, namespace === '' ? undefined : namespace, name);
  return type === undefined || object === undefined ? undefined : { type, object };
}

function collect(context: ControllerContext, found: Located, dependents: Dependents): void {
  const { metadata } = found.object;
  const finalizers = metadata.finalizers ?? [];
  if (metadata.deletionTimestamp === undefined) {
    collectUnowned(context, found);
  } else if (finalizers.includes(orphanFinalizer)) {
    for (const dependent of located(context, dependents.of(metadata.uid))) {
      disown(context, dependent, (owner) => owner.uid === metadata.uid);
    }
    removeFinalizer(context, found, orphanFinalizer);
  } else if (finalizers.includes(foregroundFinalizer)) {
    const left = located(context, dependents.of(metadata.uid));
    for (const { type, object } of left) {
      if (object.metadata.deletionTimestamp !== undefined) continue;
      // A dependent blocks its owner until its own dependents are gone too.
      const options = { ...backgroundDeletion, propagation: 'Foreground' as const };
      deleteObject(context, keyOfObject(type, object), options);
    }
    const isBlocked = located(context, dependents.of(metadata.uid)).some(({ object }) =>
      blocks(object, metadata.uid),
    );
    if (!isBlocked) removeFinalizer(context, found, foregroundFinalizer);
  }
}

function blocks(dependent: KubeObject, ownerUid: string): boolean {
  return (dependent.metadata.ownerReferences ?? []).some(
    ({ uid, blockOwnerDeletion }) => uid === ownerUid && blockOwnerDeletion === true,
  );
}

function located(context: ControllerContext, keys: readonly string[]): readonly Located[] {
  return keys.map((key) => locate(context, key)).filter((found) => found !== undefined);
}

/** Deletes an object all of whose owners are gone; references to some that are gone are dropped. */
function collectUnowned(context: ControllerContext, found: Located): void {
  const owners = found.object.metadata.ownerReferences ?? [];
  if (owners.length === 0) return;
  const isGone = (owner: OwnerReference): boolean => !exists(context, owner, found.object);
  const gone = owners.filter(isGone);
  if (gone.length === 0) return;
  if (gone.length < owners.length) disown(context, found, isGone);
  else deleteObject(context, keyOfObject(found.type, found.object), backgroundDeletion);
}

function exists(context: ControllerContext, owner: OwnerReference, dependent: KubeObject): boolean {
  const type = context.types.ofKind(owner.apiVersion, owner.kind);
  // An owner of a kind the sandbox does not serve is left alone.
  if (type === undefined) return true;
  const namespace = type.namespaced ? dependent.metadata.namespace : undefined;
  return context.store.get(type, namespace, owner.name)?.metadata.uid === owner.uid;
}

function disown(
  context: ControllerContext,
  { type, object }: Located,
  isDropped: (owner: OwnerReference) => boolean,
): void {
  const kept = (object.metadata.ownerReferences ?? []).filter((owner) => !isDropped(owner));
  const ownerReferences = kept.length === 0 ? undefined : kept;
  writeObject(context, { type, object: withMetadata(object, { ownerReferences }) });
}

function removeFinalizer(context: ControllerContext, found: Located, finalizer: string): void {
  const current = context.store.get(
    found.type,
    found.object.metadata.namespace,
    found.object.metadata.name,
  );
  if (current === undefined) return;
  const kept = (current.metadata.finalizers ?? []).filter((name) => name !== finalizer);
  const finalizers = kept.length === 0 ? undefined : kept;
  writeObject(context, { type: found.type, object: withMetadata(current, { finalizers }) });
}
