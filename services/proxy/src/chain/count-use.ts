import { UseRefused, type LimitedCall } from '@drawbridge/uses';
import { CallRefused } from '../domain/call-refused.js';
import type { OpenGrant } from '../domain/open-grants.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';

export interface CountedCall extends LimitedCall {
  readonly grant: OpenGrant;
}

/** Where the calls of grants with limits are counted. */
export interface Uses {
  /** @throws UseRefused the call must not be made */
  count(call: CountedCall): Promise<void>;
  /** The call is over; never fails and never waits. */
  finish(call: CountedCall): void;
}

/**
 * Counts a call before it goes to the cluster, when its grant limits how often it may be used: so a gateway that is
 * killed in between has lost a use, and never given one more. It is used whatever the cluster then says.
 *
 * The last thing before the record, so that nothing that is refused is counted. Calls of other grants only pass.
 */
export const countUse =
  <Call extends Allowed & { readonly channel?: unknown }>(uses: Uses): Step<Call, Call> =>
  (next) =>
  (call) => {
    const counted = limitedCall(call);
    if (counted === undefined) return next(call);
    return uses.count(counted).then(
      () => {
        call.ends.push(() => uses.finish(counted));
        return next(call);
      },
      (error: unknown) => {
        throw error instanceof UseRefused ? new CallRefused(error.code, error.message) : error;
      },
    );
  };

const reads = new Set(['get', 'list', 'watch']);

/** Discovery is free: clients do it on their own. A channel changes something, whatever its verb says. */
function limitedCall({
  grant,
  kube,
  commandId,
  channel,
}: Allowed & { readonly channel?: unknown }): CountedCall | undefined {
  const { limits } = grant;
  if (limits === undefined || kube.kind === 'nonResource') return undefined;
  const isChange = channel !== undefined || !reads.has(kube.verb);
  if (limits.maxCalls === undefined && (limits.maxChanges === undefined || !isChange)) {
    return undefined;
  }
  return { grant, limits, commandId, isChange };
}
