import type { BodyFacts, GuardDecision } from '@drawbridge/guardrails';
import { CallCut } from '../domain/call-cut.js';
import type { CallGuard, RequestBody, Verdict } from '../guard/call-guard.js';
import { denial } from '../guard/denial.js';
import { WarnedAnswer, warningsOf } from '../guard/warned-answer.js';
import type { CallBodies } from '../bodies/call-bodies.js';
import type { Upstream } from '../upstream/upstream.js';
import type { Allowed } from './authorize-call.js';
import type { Step } from './exchange.js';
import type { Negotiated } from './negotiate-channel.js';

export type { RequestBody } from '../guard/call-guard.js';

/** A call that its grant allows, and what guardrails say of it: never a `deny`. */
export interface Guarded extends Negotiated {
  /** `hold` and `mask` are for the steps behind; `matched` names every rule that is met. */
  readonly guard: GuardDecision;
  /** Always `held` or `none` of a call that is to be held. What is `held` is forwarded, and nothing else. */
  readonly body: RequestBody;
  /** What rules have seen of its objects. */
  readonly seen: BodyFacts | undefined;
  /** Where its bodies are kept; absent when they are not. */
  readonly bodies?: CallBodies;
}

export interface GuardCallParts {
  readonly guard: Pick<CallGuard, 'ask'>;
  /** Looks again at what was found out before the call waited. @throws what refuses it now */
  readonly recheck: (call: Allowed) => Promise<void>;
  readonly connections: { get(name: string): Upstream | undefined };
}

/**
 * Asks the guardrails. A call that no rule is about passes without a promise; of others the body may be read whole,
 * and the cluster asked what would come of it.
 */
export const guardCall =
  ({ guard, recheck, connections }: GuardCallParts): Step<Negotiated, Guarded> =>
  (next) => {
    const goOn = (call: Negotiated, verdict: Verdict) => {
      call.facts.guard = verdict.guard;
      if (verdict.dryRun !== undefined) call.facts.dryRun = verdict.dryRun;
      if (call.mask.notice !== undefined) call.facts.notice = call.mask.notice;
      if (verdict.guard.effect === 'deny') throw denial(verdict.guard);
      return next(guarded(call, verdict));
    };
    const goOnLater = async (call: Negotiated, asking: Promise<Verdict>) => {
      const verdict = await asking;
      await recheck(call);
      if (connections.get(call.connection) !== call.upstream)
        throw new CallCut('connection_changed');
      return goOn(call, verdict);
    };
    return (call) => {
      const verdict = guard.ask(call, call.read);
      return verdict instanceof Promise ? goOnLater(call, verdict) : goOn(call, verdict);
    };
  };

/**
 * Asks about a call that has waited: nothing that was found out before counts any more, but for its body.
 *
 * @throws what refuses it now
 */
export const judgeAgain =
  ({ guard, recheck, connections }: GuardCallParts) =>
  async (call: Guarded): Promise<Guarded> => {
    const verdict = await guard.ask(call, call.body);
    await recheck(call);
    if (connections.get(call.connection) !== call.upstream) throw new CallCut('connection_changed');
    call.facts.guard = verdict.guard;
    if (verdict.guard.effect === 'deny') throw denial(verdict.guard);
    return { ...call, guard: verdict.guard };
  };

function guarded(call: Negotiated, { guard, body, facts: seen }: Verdict): Guarded {
  // It has been told to send the body that is here.
  const awaitsContinue = call.awaitsContinue && body.kind !== 'held';
  const { notice } = call.mask;
  const warnings = [...(notice === undefined ? [] : [notice]), ...warningsOf(guard)];
  if (warnings.length === 0) return { ...call, guard, body, seen, awaitsContinue };
  const answer = new WarnedAnswer(call.answer, warnings);
  return { ...call, guard, body, seen, awaitsContinue, answer };
}
