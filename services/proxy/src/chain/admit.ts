import { isLongRunning } from '../domain/long-running.js';
import type { AgentLimits } from '../limits/agent-limits.js';
import type { Authenticated } from './authenticate.js';
import type { Step } from './exchange.js';

/** Keeps one agent from starving the others; counts the call for as long as it takes. */
export const admit =
  (limits: AgentLimits): Step<Authenticated, Authenticated> =>
  (next) =>
  async (call) => {
    const longRunning = isLongRunning(call.kube);
    const entered = limits.enter(call.agent, longRunning);
    try {
      return await next(call);
    } finally {
      limits.leave(entered, longRunning);
    }
  };
