import { storeFull } from '../api-status.js';
import { type KubeObject, withMetadata } from '../kube-object.js';
import type { ResourceType } from './resource-type.js';

/** One change of one object, in the order of `resourceVersion`. */
export interface StoreEvent {
  readonly change: 'ADDED' | 'MODIFIED' | 'DELETED';
  readonly type: ResourceType;
  readonly resourceVersion: number;
  /** The object after the change; for `DELETED` its last state, with the version of the deletion. */
  readonly object: KubeObject;
  readonly previous?: KubeObject;
}

export interface ObjectStoreLimits {
  readonly maxObjects: number;
  /** How many changes of one resource can be watched or listed from the past. */
  readonly historyLimit: number;
}

interface Collection {
  readonly objects: Map<string, KubeObject>;
  readonly history: StoreEvent[];
  /** The newest version that is no longer in the history; watching from before it is refused. */
  forgottenUpTo: number;
}

/** Every object of the cluster with one global counter of versions and a bounded past. */
export class ObjectStore {
  private readonly collections = new Map<ResourceType, Collection>();
  private readonly listeners = new Set<(event: StoreEvent) => void>();
  private version = 1;
  private count = 0;

  constructor(private readonly limits: ObjectStoreLimits) {}

  /** The version of the latest change in the whole cluster. */
  get resourceVersion(): number {
    return this.version;
  }

  get(type: ResourceType, namespace: string | undefined, name: string): KubeObject | undefined {
    return this.collection(type).objects.get(keyOf(namespace, name));
  }

  /** The objects of a type, in one namespace or in all, sorted by namespace and name. */
  list(type: ResourceType, namespace?: string): readonly KubeObject[] {
    return inOrder(this.collection(type).objects, namespace);
  }

  /** Stores a new or changed object under the next version. */
  put(type: ResourceType, object: KubeObject): KubeObject {
    const { objects } = this.collection(type);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = objects.get(key);
    if (previous === undefined) this.admitOneMore();
    const stored = this.versioned(object);
    objects.set(key, stored);
    this.record({
      change: previous === undefined ? 'ADDED' : 'MODIFIED',
      type,
      resourceVersion: this.version,
      object: stored,
      ...(previous === undefined ? {} : { previous }),
    });
    return stored;
  }

  /** Removes an object; its last state gets the version of the removal. */
  remove(type: ResourceType, object: KubeObject): KubeObject {
    const { objects } = this.collection(type);
    const key = keyOf(object.metadata.namespace, object.metadata.name);
    const previous = objects.get(key);
    if (previous === undefined) return object;
    const last = this.versioned(object);
    objects.delete(key);
    this.count -= 1;
    this.record({ change: 'DELETED', type, resourceVersion: this.version, object: last, previous });
    return last;
  }

  /** The changes of a type after `version`, or `undefined` when they are forgotten in part. */
  changesSince(type: ResourceType, version: number): readonly StoreEvent[] | undefined {
    const { history, forgottenUpTo } = this.collection(type);
    if (version < forgottenUpTo) return undefined;
    return history.filter((event) => event.resourceVersion > version);
  }

  /** The objects as they were at `version`, or `undefined` when that is forgotten. */
  listAt(
    type: ResourceType,
    namespace: string | undefined,
    version: number,
  ): readonly KubeObject[] | undefined {
    const later = this.changesSince(type, version);
    if (later === undefined) return undefined;
    const objects = new Map(this.collection(type).objects);
    for (const { object, previous } of later.toReversed()) {
      const key = keyOf(object.metadata.namespace, object.metadata.name);
      if (previous === undefined) objects.delete(key);
      else objects.set(key, previous);
    }
    return inOrder(objects, namespace);
  }

  /** Calls `listener` with every change, in order; returns how to stop. */
  subscribe(listener: (event: StoreEvent) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  private versioned(object: KubeObject): KubeObject {
    this.version += 1;
    return withMetadata(object, { resourceVersion: `${this.version}` });
  }

  private admitOneMore(): void {
    if (this.count >= this.limits.maxObjects) throw storeFull(this.limits.maxObjects);
    this.count += 1;
  }

  private record(event: StoreEvent): void {
    const collection = this.collection(event.type);
    collection.history.push(event);
    // Trimmed in steps, so that a busy store does not move the whole list on every write.
    if (collection.history.length > this.limits.historyLimit * 1.25) {
      const forgotten = collection.history.splice(
        0,
        collection.history.length - this.limits.historyLimit,
      );
      collection.forgottenUpTo = forgotten.at(-1)?.resourceVersion ?? collection.forgottenUpTo;
    }
    for (const listener of [...this.listeners]) listener(event);
  }

  private collection(type: ResourceType): Collection {
    const found = this.collections.get(type);
    if (found !== undefined) return found;
    const created = { objects: new Map(), history: [], forgottenUpTo: 0 };
    this.collections.set(type, created);
    return created;
  }
}

function keyOf(namespace: string | undefined, name: string): string {
  return `${namespace ?? ''}/${name}`;
}

function inOrder(
  objects: ReadonlyMap<string, KubeObject>,
  namespace: string | undefined,
): readonly KubeObject[] {
  const prefix = namespace === undefined ? '' : `${namespace}/`;
  return [...objects]
    .filter(([key]) => key.startsWith(prefix))
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([, object]) => object);
}
