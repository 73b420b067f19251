import type { Clock } from '@drawbridge/kernel';
import { authorize, type Decision } from '../domain/authorize.js';
import { CallRefused } from '../domain/call-refused.js';
import type { OpenGrant, OpenGrants } from '../domain/open-grants.js';
import type { Step } from './exchange.js';
import type { Connected } from './find-connection.js';

export interface Allowed extends Connected {
  readonly grant: OpenGrant;
  readonly decision: Decision & { readonly effect: 'allow' };
}

/** Asks whether one open grant allows the call. A failure to decide is a no. */
export const authorizeCall =
  (grants: Pick<OpenGrants, 'of'>, clock: Clock): Step<Connected, Allowed> =>
  (next) =>
  (call) => {
    const decision = decide(grants, clock, call);
    if (decision.grant !== undefined) call.facts.grant = decision.grant;
    if (decision.effect === 'deny') throw new CallRefused(decision.reason, decision.message);
    const { grant } = decision;
    if (call.upgrade !== undefined) throw upgradeRefused();
    return next({ ...call, grant, decision });
  };

function decide(grants: Pick<OpenGrants, 'of'>, clock: Clock, call: Connected): Decision {
  const { agent, connection, kube } = call;
  try {
    const found = grants.of(agent, connection);
    const { groups } = agent;
    return authorize({ request: kube, grants: found, connection, groups, now: clock() });
  } catch (cause) {
    throw new CallRefused('evaluation_failed', 'the call could not be judged', { cause });
  }
}

/** A channel was refused by `authorize` with its own words; any other upgrade would slip past the record. */
const upgradeRefused = () =>
  new CallRefused('upgrade_unsupported', 'this call is served over plain HTTP only');
