import { badRequest, methodNotAllowed, unforeseen, unknownPath } from '../api-status.js';
import type { Json, JsonObject } from '../json.js';
import { without } from '../json.js';
import type { KubeObject } from '../kube-object.js';
import { createObject } from '../registry/create-object.js';
import { type Deleted, deleteObject } from '../registry/delete-object.js';
import {
  listObjects,
  type Page,
  parsePageRequest,
  parseSelection,
} from '../registry/list-objects.js';
import { patchObject, patchTypes } from '../registry/patch-object.js';
import { getObject, keyOfObject, type ObjectKey } from '../registry/registry.js';
import { apiVersionOf, type ResourceType } from '../registry/resource-type.js';
import { updateObject } from '../registry/update-object.js';
import { partialMetadata, renderTable, type IncludeObject } from '../table/render-table.js';
import type { ApiServer } from './api-server.js';
import type { Exchange } from './exchange.js';
import { negotiate } from './negotiation.js';
import { asksForWatch, deleteOptions, requireFieldManager, writeOptions } from './query-options.js';
import { contentType, readObjectBody, readPatchBody } from './read-request-body.js';
import type { ResourceRequest } from './request-info.js';
import { streamWatch } from './watch-stream.js';

/** A request for a type the sandbox stores. */
export interface TypedRequest {
  readonly type: ResourceType;
  readonly info: ResourceRequest;
}

/** Answers a request for objects themselves (or their `/status`). */
export async function handleObjects(
  server: ApiServer,
  exchange: Exchange,
  request: TypedRequest,
): Promise<void> {
  const { info, type } = request;
  const { namespace, name, subresource } = info;
  if (!type.namespaced && namespace !== undefined) throw unknownPath();
  if (isWatch(exchange, info)) {
    watch(server, exchange, request);
    return;
  }
  if (name === undefined) return handleCollection(server, exchange, request);
  if (type.namespaced && namespace === undefined) throw unknownPath();
  return handleOne(server, exchange, { type, namespace, name, subresource });
}

/** A name turns `?watch` into a plain get; only the deprecated path prefix watches one object. */
function isWatch({ method, query }: Exchange, { name, watchPrefix }: ResourceRequest): boolean {
  if (method !== 'GET') return false;
  return watchPrefix || (name === undefined && asksForWatch(query));
}

type Target = ObjectKey & { readonly subresource: string };

async function handleOne(server: ApiServer, exchange: Exchange, target: Target): Promise<void> {
  const { type, subresource } = target;
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      return sendObject(server, exchange, { type, code: 200, object: getObject(server, target) });
    case 'PUT': {
      const body = (await readObjectBody(exchange)) ?? {};
      const options = writeOptions(exchange);
      const object = updateObject(server, { ...target, body, options });
      return sendObject(server, exchange, { type, code: 200, object });
    }
    case 'PATCH':
      return patch(server, exchange, target);
    case 'DELETE':
      if (subresource !== '') throw methodNotAllowed();
      return remove(server, exchange, target);
    default:
      throw methodNotAllowed();
  }
}

async function handleCollection(
  server: ApiServer,
  exchange: Exchange,
  request: TypedRequest,
): Promise<void> {
  const { type, info } = request;
  const isPlaced = !type.namespaced || info.namespace !== undefined;
  switch (exchange.method) {
    case 'GET':
    case 'HEAD':
      return list(server, exchange, request);
    case 'POST':
      if (!isPlaced) throw methodNotAllowed();
      return create(server, exchange, request);
    case 'DELETE':
      if (!isPlaced) throw methodNotAllowed();
      return removeCollection(server, exchange, request);
    default:
      throw methodNotAllowed();
  }
}

async function create(
  server: ApiServer,
  exchange: Exchange,
  { type, info }: TypedRequest,
): Promise<void> {
  const body = await readObjectBody(exchange);
  if (body === undefined) throw badRequest('the body of the request is empty');
  const { namespace } = info;
  const object = createObject(server, { type, namespace, body, options: writeOptions(exchange) });
  return sendObject(server, exchange, { type, code: 201, object });
}

async function patch(server: ApiServer, exchange: Exchange, key: Target): Promise<void> {
  const patchType = contentType(exchange);
  const options = writeOptions(exchange);
  if (patchType === patchTypes.apply) requireFieldManager(exchange);
  const { object, created } = patchObject(server, {
    ...key,
    patchType,
    patch: await readPatchBody(exchange),
    options,
    force: exchange.query.get('force') === 'true',
  });
  return sendObject(server, exchange, { type: key.type, code: created ? 201 : 200, object });
}

async function remove(server: ApiServer, exchange: Exchange, key: ObjectKey): Promise<void> {
  const options = deleteOptions(exchange, await readObjectBody(exchange));
  const deleted = deleteObject(server, key, options);
  const { type } = key;
  if (!deleted.gone || type.returnsDeleted) {
    return sendObject(server, exchange, { type, code: 200, object: deleted.object });
  }
  return exchange.send(200, successStatus(type, deleted));
}

function successStatus(type: ResourceType, { object }: Deleted): JsonObject {
  const { name, uid } = object.metadata;
  const group = type.group === '' ? {} : { group: type.group };
  return {
    kind: 'Status',
    apiVersion: 'v1',
    metadata: {},
    status: 'Success',
    details: { name, ...group, kind: type.resource, uid },
  };
}

async function removeCollection(
  server: ApiServer,
  exchange: Exchange,
  { info, type }: TypedRequest,
): Promise<void> {
  const options = deleteOptions(exchange, await readObjectBody(exchange));
  const selection = parseSelection(type, info.namespace, exchange.query);
  const page = listObjects(server, selection, parsePageRequest(exchange.query));
  const objects = page.objects.map(
    (object) => deleteObject(server, keyOfObject(type, object), options).object,
  );
  return sendPage(server, exchange, { type, page: { ...page, objects } });
}

async function list(
  server: ApiServer,
  exchange: Exchange,
  { info, type }: TypedRequest,
): Promise<void> {
  const selection = parseSelection(type, info.namespace, exchange.query);
  const page = listObjects(server, selection, parsePageRequest(exchange.query));
  return sendPage(server, exchange, { type, page });
}

async function sendPage(
  server: ApiServer,
  exchange: Exchange,
  { type, page }: { readonly type: ResourceType; readonly page: Page },
): Promise<void> {
  const { as, version, mediaType } = negotiate(exchange.header('accept'));
  const metadata: JsonObject = {
    resourceVersion: `${page.resourceVersion}`,
    ...(page.continueToken === undefined ? {} : { continue: page.continueToken }),
    ...(page.remaining === undefined ? {} : { remainingItemCount: page.remaining }),
  };
  if (as === 'Table') {
    const table = { type, includeObject: includeObject(exchange), version, now: server.clock() };
    return exchange.send(200, renderTable(page.objects, metadata, table), mediaType);
  }
  const isPartial = as !== 'object';
  const body = {
    kind: isPartial ? 'PartialObjectMetadataList' : `${type.kind}List`,
    apiVersion: isPartial ? `meta.k8s.io/${version}` : apiVersionOf(type),
    metadata,
    items: page.objects.map((object) => listed(object, type, isPartial ? version : undefined)),
  };
  return exchange.send(200, body, mediaType);
}

/** An element of a list; of built-in kinds the list alone says what they are. */
function listed(object: KubeObject, type: ResourceType, partial: string | undefined): Json {
  if (partial !== undefined) return partialMetadata(object, partial);
  return type.isCustom ? object : without(object, 'kind', 'apiVersion');
}

async function sendObject(
  server: ApiServer,
  exchange: Exchange,
  answer: { readonly type: ResourceType; readonly code: number; readonly object: KubeObject },
): Promise<void> {
  const { mediaType } = negotiate(exchange.header('accept'));
  const body = rendered(server, exchange, answer.type)(answer.object, true);
  return exchange.send(answer.code, body, mediaType);
}

/** Shows an object in the form the client accepts. */
function rendered(
  server: ApiServer,
  exchange: Exchange,
  type: ResourceType,
): (object: KubeObject, isFirst: boolean) => Json {
  const { as, version } = negotiate(exchange.header('accept'));
  if (as === 'object') return (object) => object;
  if (as !== 'Table') return (object) => partialMetadata(object, version);
  const include = includeObject(exchange);
  return (object, isFirst) => {
    const listMeta = { resourceVersion: object.metadata.resourceVersion };
    const request = { type, includeObject: include, version, now: server.clock() };
    const table = renderTable([object], listMeta, request);
    // A watch sends the columns once.
    return isFirst ? table : { ...table, columnDefinitions: [] };
  };
}

function includeObject({ query }: Exchange): IncludeObject {
  const value = query.get('includeObject') ?? '';
  switch (value) {
    case 'None':
    case 'Object':
    case 'Metadata':
      return value;
    case '':
      return 'Metadata';
    default:
      throw badRequest(
        `includeObject: Unsupported value: ${JSON.stringify(value)}: supported values: "None", "Metadata", "Object"`,
      );
  }
}

function watch(server: ApiServer, exchange: Exchange, { info, type }: TypedRequest): void {
  const { namespace, name } = info;
  const version = exchange.query.get('resourceVersion') ?? '';
  if (!/^\d*$/.test(version)) {
    throw unforeseen(
      `resourceVersion: Invalid value: ${JSON.stringify(version)}: strconv.ParseUint: parsing ${JSON.stringify(version)}: invalid syntax`,
    );
  }
  const selection = parseSelection(type, namespace, exchange.query);
  const byName = name === undefined ? [] : [{ field: 'metadata.name', equals: true, value: name }];
  streamWatch(exchange, {
    store: server.store,
    selection: { ...selection, fields: [...selection.fields, ...byName] },
    render: rendered(server, exchange, type),
    bookmarkMs: server.bookmarkMs,
  });
}
