import { methodNotAllowed, notImplemented, unknownPath } from '../api-status.js';
import { discoveryDocument } from '../discovery/discovery.js';
import { openApiDocument } from '../openapi/openapi-document.js';
import type { Registry } from '../registry/registry.js';
import type { ResourceType } from '../registry/resource-type.js';
import { handleEviction } from './eviction.js';
import type { Exchange, User } from './exchange.js';
import { parseAccept } from './negotiation.js';
import { handlePodLog } from './pod-log.js';
import { parseRequestInfo, type ResourceRequest } from './request-info.js';
import { handleObjects } from './resource-requests.js';
import { handleReview, isReview } from './reviews.js';
import { handleScale } from './scale.js';

/** What the request handlers work with. */
export interface ApiServer extends Registry {
  /** How often a watch that wants bookmarks gets one. */
  readonly bookmarkMs: number;
  readonly version: Readonly<Record<string, string>>;
}

/** Answers one authenticated request. Throws an {@link ApiStatus} for everything it refuses. */
export async function handleRequest(
  server: ApiServer,
  exchange: Exchange,
  user: User,
): Promise<void> {
  const info = parseRequestInfo(exchange.path);
  if (info.kind === 'other') return handleOther(server, exchange, info.path);
  if (isReview(info)) return handleReview(exchange, info, user);
  const type = server.types.find(info.group, info.version, info.resource);
  if (type === undefined) throw unknownPath();
  if (info.subresource === '' || info.subresource === 'status') {
    if (info.subresource === 'status' && !offers(type, 'status')) throw unknownPath();
    return handleObjects(server, exchange, { type, info });
  }
  return handleSubresource(server, exchange, { type, info });
}

function offers(type: ResourceType, subresource: string): boolean {
  return type.subresources.some(({ name }) => name === subresource);
}

async function handleSubresource(
  server: ApiServer,
  exchange: Exchange,
  { type, info }: { readonly type: ResourceType; readonly info: ResourceRequest },
): Promise<void> {
  const { subresource, namespace, name = '' } = info;
  const path = `${type.resource}/${subresource}`;
  if (subresource !== 'proxy' && !offers(type, subresource)) throw unknownPath();
  switch (subresource === 'scale' ? 'scale' : path) {
    case 'scale':
      return handleScale(server, exchange, { type, namespace, name });
    case 'pods/log':
      return handlePodLog(server, exchange, { type, namespace, name });
    case 'pods/eviction':
      return handleEviction(server, exchange, { type, namespace, name });
    case 'namespaces/finalize':
      return handleObjects(server, exchange, { type, info });
    default:
      throw notImplemented(path);
  }
}

const healthChecks = ['/healthz', '/livez', '/readyz'];

async function handleOther(server: ApiServer, exchange: Exchange, path: string): Promise<void> {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw methodNotAllowed();
  if (healthChecks.some((check) => path === check || path.startsWith(`${check}/`))) {
    return exchange.sendText(200, 'ok', 'text/plain; charset=utf-8');
  }
  if (path === '/version') return exchange.send(200, server.version);
  const accept = parseAccept(exchange.header('accept'));
  const document = discoveryDocument(server.types, path, accept);
  if (document !== undefined) return exchange.sendText(200, document.body, document.contentType);
  const openApi = openApiDocument(path, accept);
  if (openApi !== undefined) return exchange.sendBytes(200, openApi.body, openApi.contentType);
  return exchange.sendText(404, '404 page not found\n', 'text/plain; charset=utf-8');
}
