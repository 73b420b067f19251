import type { TicketWordView } from '@drawbridge/contracts';
import { neutralise } from './neutralise.js';

/** What ticket systems said, one line each. */
export const ticketTexts = (tickets: readonly TicketWordView[] = []): string[] =>
  tickets.map(({ webhook, ticket, decision, by, at }) => {
    const who = by === undefined ? '' : ` by ${by}`;
    return `  ${neutralise(`ticket ${ticket} ${decision} in ${webhook}${who} at ${at}`)}\n`;
  });
