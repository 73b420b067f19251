import type { Clock } from '@drawbridge/kernel';
import { notFound } from '../api-status.js';
import { timestamp, type KubeObject } from '../kube-object.js';
import type { Schema, Schemas } from '../openapi/schema.js';
import type { ObjectStore } from './object-store.js';
import type { ResourceTypes } from '../resources/catalogue.js';
import type { ResourceType } from './resource-type.js';

/** What every operation on objects works with. */
export interface Registry {
  readonly store: ObjectStore;
  readonly schemas: Schemas;
  readonly types: ResourceTypes;
  readonly clock: Clock;
}

/** Which object: `namespace` is absent for cluster-wide types. */
export interface ObjectKey {
  readonly type: ResourceType;
  readonly namespace: string | undefined;
  readonly name: string;
}

/** The object, or a 404. */
export function getObject({ store }: Registry, { type, namespace, name }: ObjectKey): KubeObject {
  const found = store.get(type, namespace, name);
  if (found === undefined) throw notFound(type, name);
  return found;
}

/** Where an object is stored. */
export function keyOfObject(type: ResourceType, { metadata }: KubeObject): ObjectKey {
  return { type, namespace: metadata.namespace, name: metadata.name };
}

/** The present instant as metadata has it. */
export function nowOf(registry: Registry): string {
  return timestamp(registry.clock());
}

/** The schema of a type; every served type has one. */
export function schemaOf(registry: Registry, type: ResourceType): Schema {
  const schema = registry.schemas.ofKind(type);
  if (schema === undefined) throw new TypeError(`no schema for ${type.kind}`);
  return schema;
}
