import type { Json } from '../json.js';
import { type KubeObject, withField } from '../kube-object.js';
import type { ResourceType } from '../registry/resource-type.js';
import { keyOfObject, type Registry } from '../registry/registry.js';
import { updateObject } from '../registry/update-object.js';
import { controllerWrites } from '../registry/write-options.js';

interface Write {
  readonly type: ResourceType;
  readonly object: KubeObject;
  /** The component that writes; it becomes the field manager. */
  readonly manager?: string;
}

const defaultManager = 'kube-controller-manager';

/** Writes the status of an object; nothing happens when it is already so. */
export function writeStatus(
  registry: Registry,
  { type, object, manager }: Write,
  status: Json,
): KubeObject {
  return updateObject(registry, {
    ...keyOfObject(type, object),
    body: withField(object, ['status'], status),
    options: controllerWrites(manager ?? defaultManager),
    subresource: 'status',
  });
}

/** Writes an object that a controller changed. */
export function writeObject(registry: Registry, { type, object, manager }: Write): KubeObject {
  return updateObject(registry, {
    ...keyOfObject(type, object),
    body: object,
    options: controllerWrites(manager ?? defaultManager),
    subresource: '',
  });
}
