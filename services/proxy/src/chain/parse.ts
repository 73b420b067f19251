import { CallRefused } from '../domain/call-refused.js';
import { parseKubeRequest, type KubeRequest } from '../domain/kube-request.js';
import { MalformedKubeRequest } from '../domain/malformed-kube-request.js';
import { refuseImpersonation } from '../domain/request-head.js';
import type { Step } from './exchange.js';
import type { Received } from './receive.js';

export interface Parsed extends Received {
  readonly kube: KubeRequest;
}

/**
 * Reads the target once; everything behind this step uses what was read, never the text again. Refuses those
 * who want to be somebody else.
 */
export const parse = (): Step<Received, Parsed> => (next) => (call) => {
  const kube = readTarget(call.request.method, call.target);
  call.facts.kube = kube;
  refuseImpersonation(call.request.headers);
  return next({ ...call, kube });
};

function readTarget(method: string, target: string): KubeRequest {
  try {
    return parseKubeRequest(method, target);
  } catch (error) {
    if (!(error instanceof MalformedKubeRequest)) throw error;
    throw new CallRefused(error.code, error.message, { cause: error });
  }
}
