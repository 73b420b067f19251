import type { KubeStatus } from '../domain/kube-status.js';

/** Since v4 of remote commands the error channel carries a `Status`; everywhere else it is text. */
export function errorText(status: KubeStatus, protocol: string): string {
  return /^v[45]\./.test(protocol) ? JSON.stringify(status) : status.message;
}
