import { randomUUID } from 'node:crypto';
import {
  alreadyExists,
  badRequest,
  forbidden,
  invalid,
  notFound,
  required,
  unforeseen,
} from '../api-status.js';
import { afterUpdate, formatOwnerships } from '../fields/managed-fields.js';
import { fieldChanges, fieldsOf } from '../fields/object-fields.js';
import { type JsonObject, objectAt, stringAt, without } from '../json.js';
import { kubeObject, type KubeObject, withField, withMetadata } from '../kube-object.js';
import { namespaces } from '../resources/cluster.js';
import { generatedName, metadataCauses } from './object-name.js';
import { readAs } from './read-body.js';
import { nowOf, type Registry, schemaOf } from './registry.js';
import { apiVersionOf, type ResourceType } from './resource-type.js';
import type { WriteOptions } from './write-options.js';

interface Creation {
  readonly type: ResourceType;
  /** From the path; absent for cluster-wide types. */
  readonly namespace: string | undefined;
  readonly body: JsonObject;
  readonly options: WriteOptions;
  /** Set by server-side apply, which works out the ownership itself. */
  readonly managedFields?: KubeObject['metadata']['managedFields'];
}

/**
 * Creates an object as POST does.
 *
 * @throws {@link ApiStatus} 400, 403 (namespace terminating), 404 (no namespace), 409 (name taken), 422.
 */
export function createObject(registry: Registry, creation: Creation): KubeObject {
  const { type, options } = creation;
  const body = readAs(registry.schemas, type, { body: creation.body, options });
  const named = withNewMetadata(registry, creation, body);
  refuseDeadNamespace(registry, creation, named.metadata.name);
  const prepared = owned(registry, creation, type.defaults(initial(type, named)));
  const causes = [...metadataCauses(type, prepared), ...type.validate(prepared)];
  if (causes.length > 0) throw invalid(type, prepared.metadata.name, causes);
  if (registry.store.get(type, creation.namespace, prepared.metadata.name) !== undefined) {
    throw alreadyExists(type, prepared.metadata.name);
  }
  if (options.dryRun) return prepared;
  return registry.store.put(type, prepared);
}

function withNewMetadata(registry: Registry, creation: Creation, body: JsonObject): KubeObject {
  const { type, namespace } = creation;
  const given = objectAt(body, 'metadata');
  refuseServerFields(given, namespace);
  const generateName = stringAt(given, 'generateName');
  const name =
    stringAt(given, 'name') ?? (generateName === undefined ? '' : generatedName(generateName));
  if (name === '') {
    throw invalid(type, '', [required('metadata.name', 'name or generateName is required')]);
  }
  const metadata = {
    name,
    ...(generateName === undefined ? {} : { generateName }),
    ...(namespace === undefined ? {} : { namespace }),
    uid: randomUUID(),
    resourceVersion: '',
    ...(type.countsGenerations ? { generation: 1 } : {}),
    creationTimestamp: nowOf(registry),
    ...without(given, ...serverFields),
  };
  return kubeObject({
    kind: type.kind,
    apiVersion: apiVersionOf(type),
    ...without(body, 'metadata'),
    metadata,
  });
}

const serverFields = [
  ...['name', 'generateName', 'namespace', 'uid', 'resourceVersion', 'generation'],
  ...['creationTimestamp', 'deletionTimestamp', 'deletionGracePeriodSeconds'],
  ...['managedFields', 'selfLink'],
];

function refuseServerFields(given: JsonObject, namespace: string | undefined): void {
  const version = stringAt(given, 'resourceVersion') ?? '';
  if (version !== '' && version !== '0') {
    throw unforeseen('resourceVersion should not be set on objects to be created');
  }
  const wanted = stringAt(given, 'namespace') ?? namespace;
  if (wanted !== namespace) {
    throw badRequest(
      `the namespace of the provided object does not match the namespace sent on the request`,
    );
  }
}

function initial(type: ResourceType, object: KubeObject): KubeObject {
  const withStatus = type.hasStatus ? withField(object, ['status'], type.initialStatus) : object;
  return type === namespaces
    ? withField(withStatus, ['spec', 'finalizers'], ['kubernetes'])
    : withStatus;
}

function refuseDeadNamespace(
  { store }: Registry,
  { type, namespace }: Creation,
  name: string,
): void {
  if (namespace === undefined) return;
  const found = store.get(namespaces, undefined, namespace);
  if (found === undefined) throw notFound(namespaces, namespace);
  if (found.metadata.deletionTimestamp === undefined) return;
  throw forbidden(type, name, {
    why: `unable to create new content in namespace ${namespace} because it is being terminated`,
    causes: [
      {
        reason: 'NamespaceTerminating',
        message: `namespace ${namespace} is being terminated`,
        field: 'metadata.namespace',
      },
    ],
  });
}

function owned(registry: Registry, creation: Creation, object: KubeObject): KubeObject {
  if (creation.managedFields !== undefined) {
    return withMetadata(object, { managedFields: creation.managedFields });
  }
  const schema = schemaOf(registry, creation.type);
  const fields = fieldsOf(registry.schemas, schema, without(object, 'status'));
  const ownerships = afterUpdate([], fieldChanges(new Map(), fields), {
    manager: creation.options.fieldManager,
    operation: 'Update',
    apiVersion: apiVersionOf(creation.type),
    subresource: '',
    time: nowOf(registry),
  });
  return withMetadata(object, { managedFields: formatOwnerships(ownerships) });
}
