import type { Clock } from '@drawbridge/kernel';
import { authorize, type Decision } from '../domain/authorize.js';
import { CallRefused } from '../domain/call-refused.js';
import { filterCall, type CallFilter } from '../filter/filter-call.js';
import type { OpenGrant, OpenGrants } from '../domain/open-grants.js';
import type { Step } from './exchange.js';
import type { Connected } from './find-connection.js';

export interface Allowed extends Connected {
  readonly grant: OpenGrant;
  readonly decision: Decision & { readonly effect: 'allow' };
  /** The answer shows some objects only. */
  readonly filter?: CallFilter;
}

/** Asks whether one open grant allows the call. A failure to decide is a no. */
export const authorizeCall =
  (grants: Pick<OpenGrants, 'of'>, clock: Clock): Step<Connected, Allowed> =>
  (next) =>
  (call) => {
    const decision = decide(grants, clock, call);
    if (decision.grant !== undefined) call.facts.grant = decision.grant;
    if (decision.effect === 'deny') throw new CallRefused(decision.reason, decision.message);
    return next(allowed(call, decision));
  };

/** Asks once more, of a call that has waited. @throws {@link CallRefused} when its grant does not allow it now */
export function authorizeAgain(grants: Pick<OpenGrants, 'of'>, clock: Clock, call: Allowed): void {
  const { effect, reason, message, grant } = decide(grants, clock, call);
  if (effect === 'deny') throw new CallRefused(reason, message);
  if (grant !== call.grant) throw new CallRefused('no_grant', 'the grant of this call has ended');
}

function allowed(call: Connected, decision: Decision & { effect: 'allow' }): Allowed {
  const { kube, request } = call;
  const { grant, onlyNames, reason } = decision;
  // Answered by the gateway before it comes here, in every version that there is.
  if (reason === 'self_review') {
    throw new CallRefused('path_unknown', 'there is no such review, or not in this version');
  }
  if (onlyNames === undefined || kube.kind === 'nonResource') return { ...call, grant, decision };
  return { ...call, grant, decision, filter: filterCall(kube, request.rawHeaders, onlyNames) };
}

function decide(grants: Pick<OpenGrants, 'of'>, clock: Clock, call: Connected): Decision {
  const { agent, connection, kube } = call;
  const client = call.request.connection;
  try {
    const found = grants.of(agent, connection);
    const { groups } = agent;
    return authorize({ request: kube, grants: found, connection, groups, client, now: clock() });
  } catch (cause) {
    throw new CallRefused('evaluation_failed', 'the call could not be judged', { cause });
  }
}
