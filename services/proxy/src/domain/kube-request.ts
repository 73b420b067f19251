import { joinKubePath, splitKubePath } from './kube-path.js';
import { formatKubeQuery, parseKubeQuery, queryValue, type KubeQuery } from './kube-query.js';
import { isTrue, listIntent } from './list-options.js';
import { MalformedKubeRequest } from './malformed-kube-request.js';

const MAX_TARGET_LENGTH = 131_072;
const namespaceSubresources = new Set(['status', 'finalize']);
const verbsWithSelectors = new Set(['list', 'watch', 'deletecollection']);
const verbOfMethod: ReadonlyMap<string, string> = new Map([
  ['POST', 'create'],
  ['GET', 'get'],
  ['HEAD', 'get'],
  ['PUT', 'update'],
  ['PATCH', 'patch'],
  ['DELETE', 'delete'],
]);

interface ForwardedTarget {
  readonly method: string;
  /** Path and query re-encoded in one canonical way: these bytes are forwarded, never the client's. */
  readonly target: string;
}

/** A call on an API resource, with the attributes that rules match on. */
export interface ResourceRequest extends ForwardedTarget {
  readonly kind: 'resource';
  /** Kubernetes verb; `''` for a method that has none. */
  readonly verb: string;
  readonly apiPrefix: string;
  /** `''` is the core group. */
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly namespace: string;
  readonly resource: string;
  readonly subresource: string;
  readonly name: string;
  /** Path from the resource on: resource, name, subresource, and what follows it. */
  readonly parts: readonly string[];
  /** The verb came from the deprecated `/watch/` or `/proxy/` path prefix, not from the method. */
  readonly verbInPath: boolean;
  /** `''` unless the verb honours selectors. */
  readonly fieldSelector: string;
  readonly labelSelector: string;
  readonly dryRun: boolean;
  readonly fieldManager: string;
  /** The `follow` parameter of logs. */
  readonly follow: boolean;
}

/** Discovery, health and any other path that is no resource; `verb` is the method in lower case. */
export interface NonResourceRequest extends ForwardedTarget {
  readonly kind: 'nonResource';
  readonly verb: string;
  readonly path: string;
}

export type KubeRequest = ResourceRequest | NonResourceRequest;

/**
 * Classifies a Kubernetes API request into the attributes that rules match on.
 *
 * Follows the apiserver's rules, so what we authorize is what the cluster executes. Where the two could
 * disagree (an empty, dot or slash-encoding segment, a query pair Go would drop or read only once) it
 * refuses instead of guessing.
 *
 * @param method - HTTP method in upper case, as received. `HEAD` counts as `GET`.
 * @param target - Request target as received: path and query, still percent-encoded, without scheme or
 *   host, e.g. `/api/v1/namespaces/prod/pods?watch=1`.
 * @returns A resource request, or `kind: 'nonResource'` for discovery, health and any other path.
 *   `GET` without a name is `list`, or `watch` when `?watch` is neither `0` nor `false`; `DELETE` without
 *   a name is `deletecollection`. A part the path does not have is `''`. As in the apiserver, a
 *   `metadata.name` field selector sets the name of a list or watch.
 * @throws {@link MalformedKubeRequest} when the apiserver might read the target differently.
 * @see `RequestInfoFactory.NewRequestInfo` in kubernetes/apiserver, `pkg/endpoints/request/requestinfo.go`
 */
export function parseKubeRequest(method: string, target: string): KubeRequest {
  const { segments, query } = splitTarget(target);
  const path = joinKubePath(segments);
  const forwarded = { method, target: `${path}${formatKubeQuery(query)}` };
  const api = consumeApi(segments);
  if (api === undefined) {
    return { kind: 'nonResource', ...forwarded, verb: method.toLowerCase(), path };
  }
  const { verb, namespace, parts, verbInPath, name } = classify(method, api.rest, query);
  const honoured = !verbInPath && verbsWithSelectors.has(verb);
  return {
    kind: 'resource',
    method,
    target: forwarded.target,
    verb,
    apiPrefix: api.apiPrefix,
    apiGroup: api.apiGroup,
    apiVersion: api.apiVersion,
    namespace,
    resource: parts[0] ?? '',
    subresource: verb === 'proxy' ? '' : (parts[2] ?? ''),
    name,
    parts,
    verbInPath,
    fieldSelector: honoured ? textOf(query, 'fieldSelector') : '',
    labelSelector: honoured ? textOf(query, 'labelSelector') : '',
    dryRun: queryValue(query, 'dryRun') !== undefined,
    fieldManager: textOf(query, 'fieldManager'),
    follow: isTrue(queryValue(query, 'follow')),
  };
}

const textOf = (query: KubeQuery, key: string) => queryValue(query, key) ?? '';

function splitTarget(target: string) {
  if (!target.startsWith('/') || target.length > MAX_TARGET_LENGTH || !isPlain(target)) {
    throw new MalformedKubeRequest(
      'malformed_kube_path',
      'expected a request target of printable ASCII that starts with "/" and is no longer than 128 KiB',
    );
  }
  const questionMark = target.indexOf('?');
  const path = questionMark === -1 ? target : target.slice(0, questionMark);
  const query = questionMark === -1 ? '' : target.slice(questionMark + 1);
  return { segments: splitKubePath(path), query: parseKubeQuery(query) };
}

/** No control character, space, fragment or raw backslash. */
function isPlain(target: string): boolean {
  return /^[\x21\x22\x24-\x5b\x5d-\x7e]*$/.test(target);
}

interface ApiPath {
  readonly apiPrefix: string;
  readonly apiGroup: string;
  readonly apiVersion: string;
  readonly rest: readonly string[];
}

/** Takes prefix, group and version off the path of a resource; `undefined` when it is none. */
function consumeApi(segments: readonly string[]): ApiPath | undefined {
  const [apiPrefix = '', second = '', third = ''] = segments;
  if (apiPrefix === 'api' && segments.length >= 3) {
    return { apiPrefix, apiGroup: '', apiVersion: second, rest: segments.slice(2) };
  }
  if (apiPrefix === 'apis' && segments.length >= 4) {
    return { apiPrefix, apiGroup: second, apiVersion: third, rest: segments.slice(3) };
  }
  return undefined;
}

function classify(method: string, rest: readonly string[], query: KubeQuery) {
  const verbInPath = rest[0] === 'watch' || rest[0] === 'proxy';
  const givenVerb = (verbInPath ? rest[0] : verbOfMethod.get(method)) ?? '';
  const { namespace, parts } = locate(verbInPath ? rest.slice(1) : rest);
  const { verb, name } = settle(givenVerb, parts[1] ?? '', query);
  return { verb, namespace, parts, verbInPath, name };
}

/** `namespaces/<ns>` is a prefix, unless nothing or a subresource of the namespace itself follows it. */
function locate(rest: readonly string[]) {
  const [first, namespace = '', third] = rest;
  if (first === undefined) {
    throw new MalformedKubeRequest(
      'malformed_kube_path',
      'expected a resource after "watch" or "proxy" in the path',
    );
  }
  if (first !== 'namespaces') return { namespace: '', parts: rest };
  const scoped = third !== undefined && !namespaceSubresources.has(third);
  return { namespace, parts: scoped ? rest.slice(2) : rest };
}

/** Without a name a get is a list or watch, and a delete is a deletecollection. */
function settle(verb: string, name: string, query: KubeQuery) {
  if (name !== '' || (verb !== 'get' && verb !== 'delete')) return { verb, name };
  if (verb === 'delete') return { verb: 'deletecollection', name };
  const intent = listIntent(query);
  return { verb: intent.watch ? 'watch' : 'list', name: intent.name };
}
