import type { Clock } from '@drawbridge/kernel';
import type { CallOfGrant } from '@drawbridge/uses';
import { authorize, isStillCovered, type Decision } from '../domain/authorize.js';
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

/** By what grants are judged: they end by the later of our time and the server's, and open by the earlier. */
export interface JudgingParts {
  readonly grants: Pick<OpenGrants, 'of'>;
  readonly latest: Clock;
  readonly earliest: Clock;
}

export interface AuthorizeParts extends JudgingParts {
  readonly lostGroups: LostGroups;
  /** Resolves when all is known that was decided so far, or two seconds later. Rejects when the call ended meanwhile. */
  readonly catchUp: (call: Connected) => Promise<void>;
}

/** Who is told that the identity provider no longer counts an agent among those whom a grant is for. */
export interface LostGroups {
  /** Never fails and never waits; more than once for the same grant is as good as once. */
  groupLost(call: CallOfGrant & { readonly grant: OpenGrant }, tokenIssuedAt: Date): void;
}

/** A token that is older than the grant says nothing: the agent may have been let into the group meanwhile. */
export function noteLostGroups(
  lost: LostGroups,
  open: readonly OpenGrant[],
  { agent, commandId, tokenIssuedAt }: Pick<Connected, 'agent' | 'commandId' | 'tokenIssuedAt'>,
): void {
  if (tokenIssuedAt === undefined) return;
  for (const grant of open) {
    if (isStillCovered(grant, agent.groups)) continue;
    if (tokenIssuedAt.getTime() > grant.issuedAtMs)
      lost.groupLost({ grant, commandId }, tokenIssuedAt);
  }
}

/**
 * Asks whether one open grant allows the call. A failure to decide is a no.
 *
 * Before a no it looks once more, with all that is on the bus: an agent may have heard of its grant before us.
 */
export const authorizeCall =
  ({ lostGroups, catchUp, ...parts }: AuthorizeParts): Step<Connected, Allowed> =>
  (next) => {
    const pass = (call: Connected, { decision, open }: Judged) => {
      // Of one grant that allows the call nothing was lost.
      if (decision.effect === 'deny' || open.length > 1) noteLostGroups(lostGroups, open, call);
      if (decision.grant !== undefined) call.facts.grant = decision.grant;
      if (decision.effect === 'deny') throw new CallRefused(decision.reason, decision.message);
      return next(allowed(call, decision));
    };
    return (call) => {
      const judged = decide(parts, call);
      if (judged.decision.effect === 'allow') return pass(call, judged);
      return catchUp(call).then(() => pass(call, decide(parts, call)));
    };
  };

/** Asks once more, of a call that has waited. @throws {@link CallRefused} when its grant does not allow it now */
export function authorizeAgain(parts: JudgingParts, call: Allowed): void {
  const { effect, reason, message, grant } = decide(parts, call).decision;
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

interface Judged {
  readonly decision: Decision;
  /** All that are open to this agent here, whatever they allow. */
  readonly open: readonly OpenGrant[];
}

function decide({ grants, latest, earliest }: JudgingParts, call: Connected): Judged {
  const { agent, connection, kube } = call;
  const client = call.request.connection;
  try {
    const found = grants.of(agent, connection);
    const { groups, run } = agent;
    const caller = { grants: found, connection, groups, run, client, now: latest(), earliest };
    return { decision: authorize({ request: kube, ...caller }), open: found.open };
  } catch (cause) {
    throw new CallRefused('evaluation_failed', 'the call could not be judged', { cause });
  }
}
