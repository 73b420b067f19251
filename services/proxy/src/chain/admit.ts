import type { AgentLimits } from '../domain/agent-limits.js';
import { isLongRunning } from '../domain/long-running.js';
import type { Authenticated } from './authenticate.js';
import type { Step } from './exchange.js';

/** Keeps one agent from starving the others; counts the call for as long as it takes. */
export const admit =
  (limits: AgentLimits): Step<Authenticated, Authenticated> =>
  (next) =>
  async (call) => {
    const leave = limits.enter(call.agent, isLongRunning(call.kube), performance.now());
    try {
      return await next(call);
    } finally {
      leave();
    }
  };
