import type { ResourceAttributes } from '@drawbridge/contracts';
import type { ResourceRequest } from './kube-request.js';

/** Subresources that open a channel into a workload, whatever the method: a GET of them runs things. */
const channels = new Set(['exec', 'attach', 'portforward']);

/** Whether the call opens a channel into a workload (exec, attach, port-forward). */
export const opensChannel = (request: Pick<ResourceRequest, 'subresource'>): boolean =>
  channels.has(request.subresource);

/**
 * Whether the call goes through the apiserver to a pod, service or node: `/proxy` in either spelling. A question
 * about every subresource means this one too.
 */
export const goesThroughProxy = (request: ResourceRequest): boolean =>
  request.verb === 'proxy' || request.subresource === 'proxy' || request.subresource === '*';

/**
 * The attributes that rules are matched with.
 *
 * They are the apiserver's, but for one thing: opening a channel and proxying are `create` even when they come
 * as a GET, as the apiserver itself judges channels since 1.35. So no rule for reading ever allows them.
 */
export function accessAttributes(request: ResourceRequest): ResourceAttributes {
  return opensChannel(request) || goesThroughProxy(request) ? asCreate(request) : request;
}

function asCreate({ apiGroup, resource, subresource, namespace, name }: ResourceRequest) {
  return { verb: 'create', apiGroup, resource, subresource, namespace, name };
}
