import { z } from 'zod';
import { Instant } from './access-terms.js';
import { oneLine } from './one-line.js';
import { StoppedAgent } from './stop.js';

/** Body of `POST /v1/agents/disable` and `POST /v1/agents/enable`. */
export const AgentSwitchInput = StoppedAgent.extend({ reason: oneLine(500) });
export type AgentSwitchInput = z.infer<typeof AgentSwitchInput>;

/** Answer of `GET /v1/agents/disabled`, and of disabling and enabling: whose tokens are refused now. */
export const DisabledAgentsView = z.strictObject({
  items: z.array(
    StoppedAgent.extend({
      reason: z.string(),
      /** E-mail address, or the subject of who has none. */
      disabledBy: z.string(),
      disabledAt: Instant,
    }),
  ),
});
export type DisabledAgentsView = z.infer<typeof DisabledAgentsView>;
