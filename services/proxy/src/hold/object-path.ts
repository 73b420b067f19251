import { joinKubePath } from '../domain/kube-path.js';
import type { ResourceRequest } from '../domain/kube-request.js';

type Place = Pick<
  ResourceRequest,
  'apiPrefix' | 'apiGroup' | 'apiVersion' | 'namespace' | 'resource' | 'name'
>;

/** Path of the object that a call is about, without its subresource; of the collection when it names none. */
export function objectPath({ apiPrefix, apiGroup, apiVersion, ...place }: Place): string {
  const { namespace, resource, name } = place;
  const group = apiGroup === '' ? [] : [apiGroup];
  // The namespace of a namespace is itself.
  const within = namespace === '' || resource === 'namespaces' ? [] : ['namespaces', namespace];
  const object = name === '' ? [resource] : [resource, name];
  return joinKubePath([apiPrefix, ...group, apiVersion, ...within, ...object]);
}
