import type { BoundKind, BoundObject, StoredObject } from './bound-object.js';

/** One question to the cluster: may the group do this. */
export interface AccessQuestion {
  readonly group: string;
  readonly verb: string;
  readonly apiGroup: string;
  readonly resource: string;
  readonly subresource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The part of a cluster's API that bindings are made with. Every call is bounded in time, and fails by throwing. */
export interface ClusterRbac {
  /** @returns what came of it; `noNamespace`: its namespace does not exist, or is on its way out */
  create(object: BoundObject): Promise<'created' | 'exists' | 'noNamespace'>;
  read(object: BoundObject): Promise<StoredObject | undefined>;
  /** Removes this very object; that it is gone already is fine. */
  remove(object: StoredObject): Promise<void>;
  /** All objects of a kind with these labels, in every namespace. */
  list(kind: BoundKind, labelSelector: string): Promise<readonly StoredObject[]>;
  mayAccess(question: AccessQuestion): Promise<boolean>;
}
