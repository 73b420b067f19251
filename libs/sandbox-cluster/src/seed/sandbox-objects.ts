import { randomUUID } from 'node:crypto';
import { type JsonObject, objectAt } from '../json.js';
import { kubeObject } from '../kube-object.js';
import { nowOf, type Registry } from '../registry/registry.js';
import { apiVersionOf } from '../registry/resource-type.js';
import { ManifestRefused } from './apply-manifests.js';

/** Which object; `namespace` is `''` for what is in none. */
export interface SandboxObjectRef {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  readonly namespace: string;
  readonly name: string;
}

/** The stored objects, past the API: for worlds that are made to be as somebody has seen them. */
export interface SandboxObjects {
  /** Whether the sandbox has such a resource. */
  serves(ref: SandboxObjectRef): boolean;
  read(ref: SandboxObjectRef): JsonObject | undefined;
  /**
   * Stores an object as it is, its status and uid too: no defaults, no checks, no field managers.
   *
   * @returns it as stored, with its new version
   * @throws ManifestRefused for a resource that the sandbox does not have
   * @throws ApiStatus when the sandbox is full
   */
  place(ref: SandboxObjectRef, object: JsonObject): JsonObject;
  /** Removes an object at once, whatever its finalizers say. */
  discard(ref: SandboxObjectRef): void;
}

/** The objects of a sandbox. */
export function sandboxObjects(registry: Registry): SandboxObjects {
  const { store } = registry;
  const typeOf = ({ group, version, resource }: SandboxObjectRef) =>
    registry.types.find(group, version, resource);
  const read = (ref: SandboxObjectRef) => {
    const type = typeOf(ref);
    return type && store.get(type, ref.namespace === '' ? undefined : ref.namespace, ref.name);
  };
  return {
    read,
    serves: (ref) => typeOf(ref) !== undefined,
    place: (ref, object) => {
      const type = typeOf(ref);
      if (type === undefined) {
        throw new ManifestRefused('manifest_invalid', `the sandbox has no ${ref.resource}`);
      }
      const metadata = {
        ...{ uid: randomUUID(), creationTimestamp: nowOf(registry) },
        ...objectAt(object, 'metadata'),
        ...(ref.namespace === '' ? {} : { namespace: ref.namespace }),
        name: ref.name,
      };
      const named = { ...object, apiVersion: apiVersionOf(type), kind: type.kind, metadata };
      return store.put(type, kubeObject(named));
    },
    discard: (ref) => {
      const [type, found] = [typeOf(ref), read(ref)];
      if (type !== undefined && found !== undefined) store.remove(type, found);
    },
  };
}
