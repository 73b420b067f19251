import type { KubeRequest } from './kube-request.js';

/** Further ones answer with what somebody else says, for as long as that one likes. */
const subresources = new Set(['', 'status', 'scale']);

/** Whether it reads one object by its name: what etcd holds of one is a mebibyte and a half at most. */
export const readsOneObject = (request: KubeRequest): boolean =>
  request.kind === 'resource' &&
  request.name !== '' &&
  isPlain(request) &&
  request.verb === 'get' &&
  subresources.has(request.subresource);

/** Whether it reads what the cluster holds, one object or a list, and so does nothing but answer. */
export const readsObjects = (request: KubeRequest): boolean =>
  readsOneObject(request) ||
  (request.kind === 'resource' &&
    isPlain(request) &&
    request.verb === 'list' &&
    request.subresource === '');

const isPlain = ({ method, verbInPath }: KubeRequest & { readonly kind: 'resource' }): boolean =>
  (method === 'GET' || method === 'HEAD') && !verbInPath;
