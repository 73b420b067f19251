import type { KubeRequest } from './kube-request.js';

/** A call in words: `get secrets "db" in namespace payments`. */
export function describeCall(request: KubeRequest): string {
  if (request.kind === 'nonResource') return `${request.verb} ${request.path}`;
  const { verb, method, apiGroup, resource, subresource, name, namespace } = request;
  let call = `${verb === '' ? method.toLowerCase() : verb} ${resource}`;
  if (subresource !== '') call += `/${subresource}`;
  if (apiGroup !== '') call += `.${apiGroup}`;
  if (name !== '') call += ` "${name}"`;
  if (namespace !== '') call += ` in namespace ${namespace}`;
  return call;
}
