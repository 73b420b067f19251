import type { AccessEventData } from '@drawbridge/contracts';

/** What a ticket system said, for people. */
export function ticketWords({
  webhook,
  ticket,
  decision,
  by,
}: Pick<AccessEventData<'TicketDecided'>, 'webhook' | 'ticket' | 'decision' | 'by'>): string {
  const who = by === undefined ? '' : ` by ${by}`;
  return `ticket ${ticket} was ${decision} in ${webhook}${who}`;
}
