import type { KubeRequest } from './kube-request.js';

/** Further ones answer with what somebody else says, for as long as that one likes. */
const subresources = new Set(['', 'status', 'scale']);

/** Whether it reads one object by its name: what etcd holds of one is a mebibyte and a half at most. */
export function readsOneObject(request: KubeRequest): boolean {
  if (request.kind === 'nonResource' || request.name === '' || request.verbInPath) return false;
  const reads = request.method === 'GET' || request.method === 'HEAD';
  return reads && request.verb === 'get' && subresources.has(request.subresource);
}
