import { isLongRunning } from '../domain/long-running.js';
import { clientGone } from '../domain/call-outcome.js';
import type { AgentLimits } from '../limits/agent-limits.js';
import type { Authenticated } from './authenticate.js';
import type { Step } from './exchange.js';

export interface AdmitParts {
  readonly limits: Pick<AgentLimits, 'enter' | 'turn' | 'leave'>;
  /** Looks again at what was found out before the call waited. @throws what refuses it now */
  readonly recheck: (call: Authenticated) => Promise<void>;
}

/**
 * Keeps one agent from starving the others; counts the call for as long as it takes. Above its rate a call waits
 * for its turn, so that a flood costs no more than what its agent may do anyway.
 */
export const admit =
  ({ limits, recheck }: AdmitParts): Step<Authenticated, Authenticated> =>
  (next) => {
    const goOnLater = async (call: Authenticated, waitMs: number) => {
      await delay(waitMs);
      if (call.answer.destroyed) return clientGone;
      await recheck(call);
      return next(call);
    };
    return (call) => {
      const longRunning = isLongRunning(call.kube);
      const entered = limits.enter(call.agent, longRunning);
      call.ends.push(() => limits.leave(entered, longRunning));
      const waitMs = limits.turn(entered);
      return waitMs > 0 ? goOnLater(call, waitMs) : next(call);
    };
  };

const delay = (ms: number): Promise<void> =>
  new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
