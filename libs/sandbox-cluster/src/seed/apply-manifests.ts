import { AppError } from '@drawbridge/kernel';
import { parseAllDocuments } from 'yaml';
import { isObject, type Json, type JsonObject, objectsAt, stringAt, withAt } from '../json.js';
import { createObject } from '../registry/create-object.js';
import type { Registry } from '../registry/registry.js';
import type { ResourceType } from '../registry/resource-type.js';
import { updateObject } from '../registry/update-object.js';
import { controllerWrites } from '../registry/write-options.js';
import { namespaces } from '../resources/cluster.js';

/** A manifest that the sandbox cannot load. */
export class ManifestRefused extends AppError<'manifest_invalid'> {}

/**
 * Creates or replaces the objects of a manifest.
 *
 * @param manifests - YAML text with any number of documents, or objects; a `List` counts as its items.
 * @throws {@link ManifestRefused} for text that is no YAML, and objects without kind or name.
 * @throws {@link ApiStatus} when an object breaks the rules of its kind.
 */
export function applyManifests(
  registry: Registry,
  manifests: string | readonly JsonObject[],
): void {
  const objects = typeof manifests === 'string' ? parseManifests(manifests) : manifests;
  for (const object of objects.flatMap(itemsOf)) applyOne(registry, object);
}

function parseManifests(text: string): readonly JsonObject[] {
  return parseAllDocuments(text).flatMap((document) => {
    const [error] = document.errors;
    if (error !== undefined) {
      throw new ManifestRefused('manifest_invalid', `the manifest is not YAML: ${error.message}`);
    }
    // The core schema of YAML yields nothing but JSON values.
    const value = document.toJS() as Json;
    if (value === null) return [];
    if (isObject(value)) return [value];
    throw new ManifestRefused('manifest_invalid', 'a document of the manifest is not an object');
  });
}

function itemsOf(object: JsonObject): readonly JsonObject[] {
  return object['kind'] === 'List' ? objectsAt(object, 'items') : [object];
}

function applyOne(registry: Registry, object: JsonObject): void {
  const kind = stringAt(object, 'kind') ?? '';
  const name = stringAt(object, 'metadata', 'name') ?? '';
  const type = registry.types.ofKind(stringAt(object, 'apiVersion') ?? '', kind);
  if (type === undefined || name === '') {
    throw new ManifestRefused(
      'manifest_invalid',
      `the manifest holds an object the sandbox cannot store: kind "${kind}", name "${name}"`,
    );
  }
  const namespace = namespaceOf(registry, type, object);
  const body =
    namespace === undefined ? object : withAt(object, ['metadata', 'namespace'], namespace);
  const options = controllerWrites('sandbox-seed');
  if (registry.store.get(type, namespace, name) === undefined) {
    createObject(registry, { type, namespace, body, options });
  } else {
    updateObject(registry, { type, namespace, name, body, options, subresource: '' });
  }
}

function namespaceOf(
  registry: Registry,
  type: ResourceType,
  object: JsonObject,
): string | undefined {
  if (!type.namespaced) return undefined;
  const name = stringAt(object, 'metadata', 'namespace') ?? 'default';
  if (registry.store.get(namespaces, undefined, name) === undefined) {
    createObject(registry, {
      type: namespaces,
      namespace: undefined,
      body: { metadata: { name } },
      options: controllerWrites('sandbox-seed'),
    });
  }
  return name;
}
