/** A request for objects: `/api/v1/…` or `/apis/<group>/<version>/…`. */
export interface ResourceRequest {
  readonly kind: 'resource';
  readonly group: string;
  readonly version: string;
  readonly namespace: string | undefined;
  readonly resource: string;
  readonly name: string | undefined;
  /** `''` for the object itself. */
  readonly subresource: string;
  /** The deprecated `/watch/` prefix: a watch whatever the query says. */
  readonly watchPrefix: boolean;
}

/** Discovery, health, version and everything that does not exist. */
export interface OtherRequest {
  readonly kind: 'other';
  readonly path: string;
}

/**
 * Reads a decoded path as the API server's `RequestInfoFactory` does.
 *
 * @param path - The path with `%` escapes decoded, without the query.
 */
export function parseRequestInfo(path: string): ResourceRequest | OtherRequest {
  const parts = path.split('/').filter((part) => part !== '');
  const [prefix, ...rest] = parts;
  if (prefix === 'api' && rest.length >= 2) {
    const [version = '', ...tail] = rest;
    return resourceRequest({ group: '', version }, tail);
  }
  if (prefix === 'apis' && rest.length >= 3) {
    const [group = '', version = '', ...tail] = rest;
    return resourceRequest({ group, version }, tail);
  }
  return { kind: 'other', path: `/${parts.join('/')}` };
}

function resourceRequest(
  { group, version }: { readonly group: string; readonly version: string },
  tail: readonly string[],
): ResourceRequest {
  const watchPrefix = tail[0] === 'watch';
  const parts = watchPrefix ? tail.slice(1) : tail;
  const { namespace, own } = splitNamespace(parts);
  const [resource = '', name, subresource = ''] = own;
  return { kind: 'resource', group, version, namespace, resource, name, subresource, watchPrefix };
}

/** `namespaces/<ns>/<resource>` is about objects in the namespace, except for its own subresources. */
function splitNamespace(parts: readonly string[]): {
  readonly namespace: string | undefined;
  readonly own: readonly string[];
} {
  const [first, namespace, third] = parts;
  if (first !== 'namespaces' || third === undefined || third === 'status' || third === 'finalize') {
    return { namespace: undefined, own: parts };
  }
  return { namespace, own: parts.slice(2) };
}
