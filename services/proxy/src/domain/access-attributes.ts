import type { ResourceAttributes } from '@drawbridge/contracts';
import type { ResourceRequest } from './kube-request.js';

/** Subresources that open a channel into a workload, whatever the method: a GET of them runs things. */
const channels = new Set(['exec', 'attach', 'portforward']);

/** Whether the call opens a channel into a workload (exec, attach, port-forward). */
export const opensChannel = (request: ResourceRequest): boolean =>
  channels.has(request.subresource);

/** Whether the call goes through the apiserver to a pod, service or node: `/proxy` in either spelling. */
export const goesThroughProxy = (request: ResourceRequest): boolean =>
  request.verb === 'proxy' || request.subresource === 'proxy';

/**
 * The attributes that rules are matched with.
 *
 * They are the apiserver's, but for one thing: opening a channel and proxying are `create` even when they come
 * as a GET, as the apiserver itself judges channels since 1.35. So no rule for reading ever allows them.
 */
export function accessAttributes(request: ResourceRequest): ResourceAttributes {
  const { apiGroup, resource, subresource, namespace, name } = request;
  const creates = opensChannel(request) || goesThroughProxy(request);
  return {
    verb: creates ? 'create' : request.verb,
    apiGroup,
    resource,
    subresource,
    namespace,
    name,
  };
}
