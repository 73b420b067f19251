import { methodNotAllowed, badRequest, conflict } from '../api-status.js';
import { type JsonObject, numberAt, objectAt, stringAt } from '../json.js';
import { kubeObject, type KubeObject, withField } from '../kube-object.js';
import { formatSelector } from '../registry/label-selector.js';
import { patchedValue } from '../registry/patch-object.js';
import { readAs } from '../registry/read-body.js';
import { getObject, type ObjectKey } from '../registry/registry.js';
import type { ResourceType } from '../registry/resource-type.js';
import { updateObject } from '../registry/update-object.js';
import type { WriteOptions } from '../registry/write-options.js';
import type { ApiServer } from './api-server.js';
import type { Exchange } from './exchange.js';
import { writeOptions } from './query-options.js';
import { contentType, readObjectBody, readPatchBody } from './read-request-body.js';

const scaleKind = { group: 'autoscaling', version: 'v1', kind: 'Scale' };

/** Answers `/scale`: the replicas of a workload as an `autoscaling/v1` Scale. */
export async function handleScale(
  server: ApiServer,
  exchange: Exchange,
  key: ObjectKey,
): Promise<void> {
  const current = scaleOf(key.type, getObject(server, key));
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      return exchange.send(200, current);
    case 'PUT': {
      const body = (await readObjectBody(exchange)) ?? {};
      return exchange.send(200, setScale(server, key, { body, options: writeOptions(exchange) }));
    }
    case 'PATCH': {
      const patch = await readPatchBody(exchange);
      const schema = server.schemas.ofKind(scaleKind) ?? {};
      const body = patchedValue(
        server,
        { patchType: contentType(exchange), patch, schema },
        current,
      );
      return exchange.send(200, setScale(server, key, { body, options: writeOptions(exchange) }));
    }
    default:
      throw methodNotAllowed();
  }
}

function setScale(
  server: ApiServer,
  key: ObjectKey,
  request: { readonly body: JsonObject; readonly options: WriteOptions },
): KubeObject {
  const scale = readAs(server.schemas, scaleKind, request);
  const object = getObject(server, key);
  const version = stringAt(scale, 'metadata', 'resourceVersion') ?? '';
  if (version !== '' && version !== object.metadata.resourceVersion) {
    throw conflict(
      key.type,
      key.name,
      'the object has been modified; please apply your changes to the latest version and try again',
    );
  }
  const replicas = numberAt(scale, 'spec', 'replicas') ?? 0;
  if (replicas < 0) {
    throw badRequest(
      `spec.replicas: Invalid value: ${replicas}: must be greater than or equal to 0`,
    );
  }
  const body = withField(object, ['spec', 'replicas'], replicas);
  const { options } = request;
  return scaleOf(key.type, updateObject(server, { ...key, body, options, subresource: 'scale' }));
}

function scaleOf(type: ResourceType, object: KubeObject): KubeObject {
  const { name, namespace = '', uid, resourceVersion, creationTimestamp } = object.metadata;
  const selector = selectorOf(type, object);
  return kubeObject({
    kind: 'Scale',
    apiVersion: 'autoscaling/v1',
    metadata: { name, namespace, uid, resourceVersion, creationTimestamp },
    // Go leaves out the number when it is 0.
    spec: { replicas: numberAt(object, 'spec', 'replicas') || undefined },
    status: { replicas: numberAt(object, 'status', 'replicas') ?? 0, selector },
  });
}

function selectorOf({ isCustom, selectorPath }: ResourceType, object: KubeObject) {
  if (selectorPath !== undefined) return stringAt(object, ...selectorPath);
  return isCustom ? undefined : formatSelector(objectAt(object, 'spec', 'selector'));
}
