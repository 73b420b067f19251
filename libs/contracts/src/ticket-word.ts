import { z } from 'zod';
import { Instant } from './access-terms.js';

/** What a ticket system said about a request, as the HTTP API shows it. */
export const TicketWordView = z.strictObject({
  webhook: z.string(),
  ticket: z.string(),
  decision: z.enum(['approved', 'denied']),
  /** Who decided there, as the ticket system says. */
  by: z.string().optional(),
  at: Instant,
});
export type TicketWordView = z.infer<typeof TicketWordView>;
