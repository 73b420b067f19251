import { badRequest, conflict, forbiddenField, invalid, type StatusCause } from '../api-status.js';
import {
  afterUpdate,
  formatOwnerships,
  type Ownership,
  parseOwnerships,
} from '../fields/managed-fields.js';
import { fieldChanges, fieldsOf } from '../fields/object-fields.js';
import { equal, type JsonObject, objectAt, semanticallyEqual, stringAt, without } from '../json.js';
import { kubeObject, type KubeObject, withField, withMetadata } from '../kube-object.js';
import { metadataCauses } from './object-name.js';
import { readAs } from './read-body.js';
import { getObject, nowOf, type ObjectKey, type Registry, schemaOf } from './registry.js';
import { apiVersionOf, type ResourceType } from './resource-type.js';
import type { WriteOptions } from './write-options.js';

/** A change of an existing object. */
export interface Update extends ObjectKey {
  readonly body: JsonObject;
  readonly options: WriteOptions;
  /** `''` for the object itself, `status` for its status, `scale` for its replicas. */
  readonly subresource: string;
  /** Set by server-side apply, which works out the ownership itself. */
  readonly ownerships?: readonly Ownership[];
}

/**
 * Replaces an object (or its status) as PUT does.
 *
 * A write that changes nothing keeps the resource version. The last finalizer that goes from an object under
 * deletion takes the object with it.
 *
 * @throws {@link ApiStatus} 400, 404, 409 (changed since, or another uid), 422.
 */
export function updateObject(registry: Registry, update: Update): KubeObject {
  const { type, options, name } = update;
  const previous = getObject(registry, update);
  const body = readAs(registry.schemas, type, { body: update.body, options });
  refuseMismatch(update, previous, objectAt(body, 'metadata'));
  const next = prepared(update, previous, body);
  const causes = [
    ...metadataCauses(type, next),
    ...finalizerCauses(next, previous),
    ...(update.subresource === 'status' ? [] : type.validate(next)),
    ...(update.subresource === 'status' ? [] : type.validateUpdate(next, previous)),
  ];
  if (causes.length > 0) throw invalid(type, name, causes);
  const final = owned(registry, update, { previous, next: counted(type, next, previous) });
  if (equal(comparable(final), comparable(previous))) return previous;
  if (options.dryRun) return final;
  return isFinished(type, final)
    ? registry.store.remove(type, final)
    : registry.store.put(type, final);
}

/** True if nothing keeps an object that is under deletion: no finalizer and no grace period. */
function isFinished(type: ResourceType, { metadata, ...object }: KubeObject): boolean {
  if (metadata.deletionTimestamp === undefined) return false;
  if ((metadata.finalizers ?? []).length > 0) return false;
  if ((metadata.deletionGracePeriodSeconds ?? 0) > 0) return false;
  return type.kind !== 'Namespace' || !('finalizers' in objectAt(object, 'spec'));
}

function refuseMismatch(update: Update, previous: KubeObject, given: JsonObject): void {
  const { name, namespace } = update;
  const givenName = stringAt(given, 'name') ?? '';
  if (givenName === '') {
    throw badRequest(
      `the name of the object (${name} based on URL) was undeterminable: name must be provided`,
    );
  }
  if (givenName !== name) {
    throw badRequest(
      `the name of the object (${givenName}) does not match the name on the URL (${name})`,
    );
  }
  if ((stringAt(given, 'namespace') ?? namespace) !== namespace) {
    throw badRequest(
      'the namespace of the provided object does not match the namespace sent on the request',
    );
  }
  refuseStale(update, previous, given);
}

function refuseStale({ type, name }: Update, { metadata }: KubeObject, given: JsonObject): void {
  const uid = stringAt(given, 'uid') ?? '';
  if (uid !== '' && uid !== metadata.uid) {
    throw conflict(
      type,
      name,
      `StorageError: invalid object, Code: 4, Key: /registry/${type.resource}/${metadata.namespace ?? ''}/${name}, ResourceVersion: 0, AdditionalErrorMsg: Precondition failed: UID in precondition: ${uid}, UID in object meta: ${metadata.uid}`,
    );
  }
  const version = stringAt(given, 'resourceVersion') ?? '';
  if (version !== '' && version !== '0' && version !== metadata.resourceVersion) {
    throw conflict(
      type,
      name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
}

const fixedMetadata = [
  ...['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation'],
  ...['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds', 'selfLink'],
] as const;

/** The new object with everything an update may not touch taken from the old one. */
function prepared(update: Update, previous: KubeObject, body: JsonObject): KubeObject {
  const { type, subresource } = update;
  const given = objectAt(body, 'metadata');
  const fixed = Object.fromEntries(
    fixedMetadata.map((member) => [member, previous.metadata[member]]),
  );
  if (subresource === 'status') {
    const metadata = {
      ...previous.metadata,
      managedFields: given['managedFields'] ?? previous.metadata.managedFields,
    };
    return kubeObject({ ...previous, metadata, status: body['status'] });
  }
  const metadata = defined({ ...fixed, ...given, ...fixed });
  const { kind, apiVersion } = body;
  // In the order in which the API server writes the members.
  const next = type.defaults(
    kubeObject({ kind, apiVersion, metadata, ...without(body, 'metadata') }),
  );
  const kept = type.hasStatus ? withField(next, ['status'], previous['status']) : next;
  return type.prepareUpdate(kept, previous);
}

function defined(object: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(object).filter(([, value]) => value !== undefined));
}

function finalizerCauses(next: KubeObject, previous: KubeObject): readonly StatusCause[] {
  if (previous.metadata.deletionTimestamp === undefined) return [];
  const before = previous.metadata.finalizers ?? [];
  const added = (next.metadata.finalizers ?? []).filter((item) => !before.includes(item));
  if (added.length === 0) return [];
  const list = added.map((item) => JSON.stringify(item)).join(', ');
  return [
    forbiddenField(
      'metadata.finalizers',
      `no new finalizers can be added if the object is being deleted, found new finalizers []string{${list}}`,
    ),
  ];
}

/** Counts a change of the spec; a Deployment counts changes of its annotations too. */
function counted(type: ResourceType, next: KubeObject, previous: KubeObject): KubeObject {
  if (!type.countsGenerations) return next;
  const sameSpec = semanticallyEqual(next['spec'], previous['spec']);
  const sameAnnotations =
    type.kind !== 'Deployment' ||
    semanticallyEqual(next.metadata.annotations, previous.metadata.annotations);
  if (sameSpec && sameAnnotations) return next;
  return withMetadata(next, { generation: (previous.metadata.generation ?? 0) + 1 });
}

function owned(
  registry: Registry,
  update: Update,
  { previous, next }: { readonly previous: KubeObject; readonly next: KubeObject },
): KubeObject {
  if (update.ownerships !== undefined) {
    return withMetadata(next, { managedFields: formatOwnerships(update.ownerships) });
  }
  const { type, subresource, options } = update;
  const schema = schemaOf(registry, type);
  const fields = (object: KubeObject) => fieldsOf(registry.schemas, schema, object);
  const given = next.metadata.managedFields ?? previous.metadata.managedFields;
  const ownerships = afterUpdate(
    parseOwnerships(given),
    fieldChanges(fields(previous), fields(next)),
    {
      manager: options.fieldManager,
      operation: 'Update',
      apiVersion: apiVersionOf(type),
      subresource,
      time: nowOf(registry),
    },
  );
  return withMetadata(next, { managedFields: formatOwnerships(ownerships) });
}

/** An object without what changes on every write: version, and when a manager wrote. */
function comparable(object: KubeObject): JsonObject {
  const managedFields = object.metadata.managedFields?.map((entry) => ({ ...entry, time: '' }));
  return { ...object, metadata: { ...object.metadata, managedFields, resourceVersion: '' } };
}
