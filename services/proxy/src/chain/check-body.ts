import { CallCut } from '../domain/call-cut.js';
import { readBody } from '../guard/held-body.js';
import { refuseMaskedBytes } from '../masking/masked-target.js';
import { isJsonPatch, refuseMaskedPatch } from '../masking/refuse-masked-patch.js';
import type { Upstream } from '../upstream/upstream.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';
import type { Guarded } from './guard-call.js';

export interface CheckBodyParts {
  /** Looks again at what was found out before the call waited. @throws what refuses it now */
  readonly recheck: (call: Allowed) => Promise<void>;
  readonly connections: { get(name: string): Upstream | undefined };
}

/**
 * Refuses bodies that carry placeholders, or ask what masked values are. What flows to the cluster is looked at on its
 * way; a JSON patch is read whole, since it can ask.
 */
export const checkBody =
  ({ recheck, connections }: CheckBodyParts): Step<Guarded, Guarded> =>
  (next) => {
    const checkPatch = async (call: Guarded) => {
      const bytes = await readBody(call);
      check(call, bytes);
      await recheck(call);
      if (connections.get(call.connection) !== call.upstream) {
        throw new CallCut('connection_changed');
      }
      return next({ ...call, body: { kind: 'held', bytes }, awaitsContinue: false });
    };
    return (call) => {
      const { body } = call;
      if (body.kind === 'stream' && isPatch(call)) return checkPatch(call);
      if (body.kind === 'held') check(call, body.bytes);
      return next(call);
    };
  };

const isPatch = ({ kube, request }: Guarded): boolean =>
  kube.method === 'PATCH' && isJsonPatch(request.headers.value('content-type') ?? '');

function check(call: Guarded, bytes: Buffer): void {
  refuseMaskedBytes(bytes);
  if (call.kube.kind === 'resource' && isPatch(call)) refuseMaskedPatch(bytes, call.kube);
}
