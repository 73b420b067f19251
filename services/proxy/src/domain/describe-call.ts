import type { KubeRequest } from './kube-request.js';

/** A call in words: `get secrets "db" in namespace payments`. */
export function describeCall(request: KubeRequest): string {
  if (request.kind === 'nonResource') return `${request.verb} ${request.path}`;
  const { verb, method, apiGroup, resource, subresource, name, namespace } = request;
  const kind = `${resource}${subresource === '' ? '' : `/${subresource}`}`;
  return [
    verb === '' ? method.toLowerCase() : verb,
    apiGroup === '' ? kind : `${kind}.${apiGroup}`,
    ...(name === '' ? [] : [`"${name}"`]),
    ...(namespace === '' ? [] : [`in namespace ${namespace}`]),
  ].join(' ');
}
