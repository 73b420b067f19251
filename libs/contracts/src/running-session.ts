import { z } from 'zod';
import { ConnectionName } from './access-terms.js';

/** What approval asks all gateways before a human's order about a session is written down. */
export const RunningSessionQuestion = z.strictObject({
  commandId: z.uuid(),
  connection: ConnectionName,
});
export type RunningSessionQuestion = z.infer<typeof RunningSessionQuestion>;

/** Said by the gateway that has the session, while it runs; of others there is no answer. */
export const RunningSessionAnswer = z.strictObject({
  grantId: z.uuid().describe('By which it was opened'),
});
export type RunningSessionAnswer = z.infer<typeof RunningSessionAnswer>;
