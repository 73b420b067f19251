import { opensChannel } from './access-attributes.js';
import type { KubeRequest } from './kube-request.js';

/**
 * Whether an answer may go on for as long as the grant: watches, logs and channels. All others are given 60 seconds,
 * as the apiserver gives them.
 */
export function isLongRunning(request: KubeRequest): boolean {
  if (request.kind === 'nonResource') return false;
  return request.verb === 'watch' || request.subresource === 'log' || opensChannel(request);
}
