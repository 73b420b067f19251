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
  const kube = knownTargets.read(call.request.method, call.target);
  call.facts.kube = kube;
  refuseImpersonation(call.request.headers);
  return next({ ...call, kube });
};

/** What targets mean that came lately: agents ask for the same ones over and over, and the answer never changes. */
class KnownTargets {
  readonly #byMethod = new Map<string, Map<string, KubeRequest>>();

  read(method: string, target: string): KubeRequest {
    const known = this.#byMethod.get(method)?.get(target);
    if (known !== undefined) return known;
    const kube = readTarget(method, target);
    if (target.length <= MAX_KNOWN_LENGTH) this.#keep(method, target, kube);
    return kube;
  }

  #keep(method: string, target: string, kube: KubeRequest): void {
    const targets = this.#byMethod.get(method) ?? new Map<string, KubeRequest>();
    // Whoever fills it makes others pay for reading, and changes no meaning.
    if (targets.size >= MAX_KNOWN) targets.clear();
    this.#byMethod.set(method, targets.set(target, kube));
  }
}

const MAX_KNOWN = 2_000;
const MAX_KNOWN_LENGTH = 512;
const knownTargets = new KnownTargets();

function readTarget(method: string, target: string): KubeRequest {
  try {
    return parseKubeRequest(method, target);
  } catch (error) {
    if (!(error instanceof MalformedKubeRequest)) throw error;
    throw new CallRefused(error.code, error.message, { cause: error });
  }
}
