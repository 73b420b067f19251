import { HoldEvent } from '@drawbridge/contracts';
import { recordedRow, type EventRow, type Searchable, type StoredEvent } from './event-row.js';

/** One event of a held call as a row of the table `holds`. */
export const holdRow = (event: StoredEvent): EventRow => ({
  ...recordedRow(event),
  hold_id: event.aggregateId,
  ...searchable(event),
});

/** Only the first event says what is held; a query for one of these finds the others by its hold. */
function searchable({ type, data }: StoredEvent): Searchable {
  const parsed = HoldEvent.safeParse({ type, data });
  if (!parsed.success || parsed.data.type !== 'CommandHeld') return {};
  const { agent, call, accessRequestId } = parsed.data.data;
  return {
    connection: call.connection,
    agent_issuer: agent.issuer,
    agent_subject: agent.subject,
    grant_id: call.grantId,
    access_request_id: accessRequestId,
    rule: call.rule,
  };
}
