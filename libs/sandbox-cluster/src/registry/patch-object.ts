import { badRequest, invalid, invalidValue, unknownPatchType } from '../api-status.js';
import { formatOwnerships, parseOwnerships } from '../fields/managed-fields.js';
import { serverSideApply } from '../fields/server-side-apply.js';
import { isObject, type Json, type JsonObject, objectAt, stringAt, without } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { decode, UnmarshalError } from '../openapi/decode.js';
import type { Schema } from '../openapi/schema.js';
import { jsonPatch } from '../patch/json-patch.js';
import { mergePatch } from '../patch/merge-patch.js';
import { strategicMergePatch } from '../patch/strategic-merge-patch.js';
import { createObject } from './create-object.js';
import { readAs } from './read-body.js';
import { getObject, nowOf, type ObjectKey, type Registry, schemaOf } from './registry.js';
import { apiVersionOf } from './resource-type.js';
import { updateObject } from './update-object.js';
import type { WriteOptions } from './write-options.js';

/** The media types of PATCH. */
export const patchTypes = {
  json: 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const;

/** A PATCH of an object or one of its subresources. */
export interface Patch extends ObjectKey {
  /** The media type of the patch, without parameters. */
  readonly patchType: string;
  readonly patch: Json;
  readonly options: WriteOptions;
  readonly subresource: string;
  /** Server-side apply takes fields from other managers. */
  readonly force: boolean;
}

/** A patched object, and whether the patch created it. */
export interface Patched {
  readonly object: KubeObject;
  readonly created: boolean;
}

/**
 * Patches an object; a server-side apply of one that does not exist creates it.
 *
 * @throws {@link ApiStatus} 400, 404, 409, 415 (unknown patch type), 422.
 */
export function patchObject(registry: Registry, patch: Patch): Patched {
  if (patch.patchType === patchTypes.apply) return applyObject(registry, patch);
  const current = getObject(registry, patch);
  if (patch.type.isCustom && patch.patchType === patchTypes.strategic) throw unknownPatchType();
  const schema = schemaOf(registry, patch.type);
  const body = patchedValue(registry, { ...patch, schema }, current);
  refuseUnreadable(registry, patch, body);
  return { object: updateObject(registry, { ...patch, body }), created: false };
}

/** The three kinds of patch that only look at values; also used for `Scale`. */
export function patchedValue(
  { schemas }: Registry,
  {
    patchType,
    patch,
    schema,
  }: { readonly patchType: string; readonly patch: Json; readonly schema: Schema },
  current: JsonObject,
): JsonObject {
  if (patchType === patchTypes.json) return jsonPatch(current, patch);
  if (patchType !== patchTypes.merge && patchType !== patchTypes.strategic) {
    throw unknownPatchType();
  }
  if (!isObject(patch)) {
    throw badRequest(
      'error decoding patch: json: cannot unmarshal array into Go value of type map[string]interface {}',
    );
  }
  if (patchType === patchTypes.merge) return mergePatch(current, patch);
  return strategicMergePatch({ schemas, schema }, current, patch);
}

/** A patch that puts a value of the wrong type somewhere is invalid, not unreadable. */
function refuseUnreadable(registry: Registry, { type }: Patch, body: JsonObject): void {
  try {
    decode(registry.schemas, type, body);
  } catch (error) {
    if (!(error instanceof UnmarshalError)) throw error;
    const cause = invalidValue('patch', JSON.stringify(body), error.message);
    throw invalid({ group: '', kind: '' }, '', [cause]);
  }
}

function applyObject(registry: Registry, apply: Patch): Patched {
  const { type, namespace, name, options, subresource } = apply;
  const config = configOf(registry, apply);
  const schema = schemaOf(registry, type);
  const live = registry.store.get(type, namespace, name);
  if (live === undefined && subresource !== '') getObject(registry, apply);
  const applied = serverSideApply({
    schemas: registry.schemas,
    schema,
    live: live ?? {},
    ownerships: parseOwnerships(live?.metadata.managedFields),
    config: owningPart(config, apply),
    writer: {
      manager: options.fieldManager,
      operation: 'Apply',
      apiVersion: apiVersionOf(type),
      subresource,
      time: nowOf(registry),
    },
    force: apply.force,
  });
  if (live === undefined) {
    const managedFields = formatOwnerships(applied.ownerships) ?? [];
    const body = applied.object;
    return {
      object: createObject(registry, { type, namespace, body, options, managedFields }),
      created: true,
    };
  }
  const version = objectAt(config, 'metadata')['resourceVersion'] ?? '';
  const body = {
    ...applied.object,
    metadata: { ...objectAt(applied.object, 'metadata'), resourceVersion: version },
  };
  const { ownerships } = applied;
  return { object: updateObject(registry, { ...apply, body, ownerships }), created: false };
}

function configOf(registry: Registry, { type, name, patch, options }: Patch): JsonObject {
  if (!isObject(patch)) throw badRequest('error decoding YAML: the body is not an object');
  if (stringAt(patch, 'kind') === undefined || stringAt(patch, 'apiVersion') === undefined) {
    throw badRequest('invalid object type: /, Kind=');
  }
  if (objectAt(patch, 'metadata')['managedFields'] !== undefined) {
    throw badRequest('metadata.managedFields must be nil');
  }
  const config = readAs(registry.schemas, type, { body: patch, options });
  const metadata = objectAt(config, 'metadata');
  return { ...config, metadata: { ...metadata, name: metadata['name'] ?? name } };
}

/** An apply of the object cannot own its status, one of the status nothing else. */
function owningPart(config: JsonObject, { type, subresource }: Patch): JsonObject {
  if (subresource === 'status') {
    const { apiVersion, kind, metadata, status } = config;
    const { name, namespace } = objectAt(metadata);
    return { apiVersion, kind, metadata: { name, namespace }, status };
  }
  return type.hasStatus ? without(config, 'status') : config;
}
