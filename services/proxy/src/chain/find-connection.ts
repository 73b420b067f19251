import { CallRefused } from '../domain/call-refused.js';
import { hostUnknown } from '../domain/request-head.js';
import type { Upstream } from '../upstream/upstream.js';
import type { Authenticated } from './authenticate.js';
import type { Step } from './exchange.js';

export interface Connected extends Authenticated {
  readonly upstream: Upstream;
}

/** Finds the cluster by its configured name; only somebody who is known may learn whether it exists. */
export const findConnection =
  (connections: { get(name: string): Upstream | undefined }): Step<Authenticated, Connected> =>
  (next) =>
  (call) => {
    const upstream = connections.get(call.connection);
    if (upstream === undefined) {
      if (call.connection === '') throw hostUnknown();
      throw new CallRefused('connection_unknown', `there is no connection ${call.connection}`);
    }
    return next({ ...call, upstream });
  };
