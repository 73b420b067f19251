import { isObject, type Json, type JsonObject, objectAt, withAt } from './json.js';

/** Who a dependent belongs to. */
export type OwnerReference = {
  readonly apiVersion: string;
  readonly kind: string;
  readonly name: string;
  readonly uid: string;
  readonly controller?: boolean;
  readonly blockOwnerDeletion?: boolean;
};

/** Which fields one manager set, by which operation. */
export type ManagedFieldsEntry = {
  readonly manager: string;
  readonly operation: string;
  readonly apiVersion: string;
  readonly time?: string;
  readonly fieldsType: string;
  readonly fieldsV1: JsonObject;
  readonly subresource?: string;
};

/** The parts of `metadata` that the sandbox itself works with. */
export type ObjectMeta = JsonObject & {
  readonly name: string;
  readonly namespace?: string;
  readonly uid: string;
  readonly resourceVersion: string;
  readonly creationTimestamp: string;
  readonly generation?: number;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
  readonly ownerReferences?: readonly OwnerReference[];
  readonly finalizers?: readonly string[];
  readonly deletionTimestamp?: string;
  readonly deletionGracePeriodSeconds?: number;
  readonly managedFields?: readonly ManagedFieldsEntry[];
};

/** A stored object: decoded against its schema, so that its metadata has the declared types. */
export type KubeObject = JsonObject & {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: ObjectMeta;
};

/** Narrows a decoded value; only for values whose field types a schema has already checked. */
function isKubeObject(value: Json | undefined): value is KubeObject {
  return (
    isObject(value) &&
    typeof value['apiVersion'] === 'string' &&
    typeof value['kind'] === 'string' &&
    typeof objectAt(value, 'metadata')['name'] === 'string'
  );
}

/** Narrows `value`, which the caller knows to be an object of the API; anything else is a defect. */
export function kubeObject(value: JsonObject): KubeObject {
  if (isKubeObject(value)) return value;
  throw new TypeError('not a Kubernetes object: apiVersion, kind or metadata.name is missing');
}

/** A copy with members of the metadata replaced; `undefined` removes one. */
export function withMetadata(object: KubeObject, changes: JsonObject): KubeObject {
  let changed: JsonObject = object;
  for (const [name, value] of Object.entries(changes)) {
    changed = withAt(changed, ['metadata', name], value);
  }
  return kubeObject(changed);
}

/** A copy with the value at `path` replaced; `undefined` removes it. */
export function withField(
  object: KubeObject,
  path: readonly string[],
  value: Json | undefined,
): KubeObject {
  return kubeObject(withAt(object, path, value));
}

/** The owner that controls `object`, if any. */
export function controllerOf(object: KubeObject): OwnerReference | undefined {
  return object.metadata.ownerReferences?.find((owner) => owner.controller === true);
}

/** A reference that makes `owner` the controller of a new object. */
export function controlledBy(owner: KubeObject): OwnerReference {
  const { apiVersion, kind, metadata } = owner;
  const { name, uid } = metadata;
  return { apiVersion, kind, name, uid, controller: true, blockOwnerDeletion: true };
}

/** The instant of a `metadata` timestamp: RFC 3339 in UTC without fractions, as Kubernetes writes it. */
export function timestamp(instant: Date): string {
  return `${instant.toISOString().slice(0, 19)}Z`;
}
