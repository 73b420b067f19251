import { CallCut } from '../domain/call-cut.js';
import { readBody } from '../guard/held-body.js';
import { refuseMaskedBytes } from '../masking/masked-target.js';
import { isJsonPatch, refuseMaskedPatch } from '../masking/refuse-masked-patch.js';
import type { ResourceRequest } from '../domain/kube-request.js';
import type { Upstream } from '../upstream/upstream.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';
import type { Guarded } from './guard-call.js';
import type { Negotiated } from './negotiate-channel.js';

export interface CheckPatchParts {
  /** Looks again at what was found out before the call waited. @throws what refuses it now */
  readonly recheck: (call: Allowed) => Promise<void>;
  readonly connections: { get(name: string): Upstream | undefined };
}

/**
 * Refuses a JSON patch that asks what masked values are, and reads it whole for that. It comes before the cluster is
 * asked what would come of the call: that answer would tell.
 */
export const checkPatch =
  ({ recheck, connections }: CheckPatchParts): Step<Negotiated, Negotiated> =>
  (next) => {
    const check = async (call: Negotiated, kube: ResourceRequest) => {
      const bytes = await readBody(call);
      refuseMaskedBytes(bytes);
      refuseMaskedPatch(bytes, { ...targetOf(kube), masker: call.mask.masker });
      await recheck(call);
      if (connections.get(call.connection) !== call.upstream) {
        throw new CallCut('connection_changed');
      }
      return next({ ...call, read: { kind: 'held', bytes }, awaitsContinue: false });
    };
    return (call) => {
      const { kube, request } = call;
      if (kube.kind !== 'resource' || kube.method !== 'PATCH') return next(call);
      const contentType = request.headers.value('content-type') ?? '';
      const reads = request.announced !== undefined && isJsonPatch(contentType);
      return reads ? check(call, kube) : next(call);
    };
  };

const targetOf = ({ apiGroup, resource, subresource }: ResourceRequest) => {
  return { apiGroup, resource, subresource };
};

/** Refuses a body with placeholders that was read whole. What flows to the cluster is looked at on its way. */
export const checkBody = (): Step<Guarded, Guarded> => (next) => (call) => {
  if (call.body.kind === 'held') refuseMaskedBytes(call.body.bytes);
  return next(call);
};
