import type { JsonObject } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import type { ResourceType } from '../registry/resource-type.js';

/** What `?includeObject=` asks for; `Metadata` unless the client says otherwise. */
export type IncludeObject = 'None' | 'Metadata' | 'Object';

interface TableRequest {
  readonly type: ResourceType;
  readonly includeObject: IncludeObject;
  /** `v1` or `v1beta1` of meta.k8s.io. */
  readonly version: string;
  readonly now: Date;
}

/** Renders objects as the Table that `kubectl get` prints. */
export function renderTable(
  objects: readonly KubeObject[],
  listMeta: JsonObject,
  request: TableRequest,
): JsonObject {
  const { columns } = request.type;
  return {
    kind: 'Table',
    apiVersion: `meta.k8s.io/${request.version}`,
    metadata: listMeta,
    columnDefinitions: columns.map(({ name, type, format, description, priority }) => ({
      name,
      type,
      format: format ?? '',
      description,
      priority,
    })),
    rows: objects.map((object) => ({
      cells: columns.map(({ cell }) => cell(object, request.now)),
      ...rowObject(object, request),
    })),
  };
}

function rowObject(object: KubeObject, request: TableRequest): JsonObject {
  switch (request.includeObject) {
    case 'None':
      return {};
    case 'Object':
      return { object };
    case 'Metadata':
      return { object: partialMetadata(object, request.version) };
  }
}

/** The metadata of an object and nothing else. */
export function partialMetadata(object: KubeObject, version: string): JsonObject {
  return {
    kind: 'PartialObjectMetadata',
    apiVersion: `meta.k8s.io/${version}`,
    metadata: object.metadata,
  };
}
