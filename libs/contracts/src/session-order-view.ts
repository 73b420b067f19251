import { z } from 'zod';
import { ConnectionName } from './access-terms.js';
import { oneLine } from './one-line.js';

/** Body of `POST /v1/sessions/{commandId}/pause`, `/resume` and `/cut`. */
export const SessionOrderInput = z.strictObject({
  connection: ConnectionName.describe('On which the session is; on another nothing happens'),
  reason: oneLine(500),
});
export type SessionOrderInput = z.infer<typeof SessionOrderInput>;

/** What is ordered about a session now. The gateway that has it does so within a second. */
export const SessionOrderView = z.strictObject({
  commandId: z.uuid(),
  connection: ConnectionName,
  state: z.enum(['running', 'paused', 'cut']),
});
export type SessionOrderView = z.infer<typeof SessionOrderView>;
