import type { AgentLimits } from '../domain/agent-limits.js';
import { isLongRunning } from '../domain/long-running.js';
import type { Step } from './exchange.js';
import type { Connected } from './find-connection.js';

/** Keeps one agent from starving the others; counts the call for as long as it takes. */
export const admit =
  (limits: AgentLimits): Step<Connected, Connected> =>
  (next) =>
  async (call) => {
    const leave = limits.enter(call.agent, isLongRunning(call.kube), performance.now());
    try {
      return await next(call);
    } finally {
      leave();
    }
  };
