import { UseEvent } from '@drawbridge/contracts';
import { recordedRow, type EventRow, type Searchable, type StoredEvent } from './event-row.js';

/** One event of the use of a grant as a row of the table `uses`. */
export const useRow = (event: StoredEvent): EventRow => ({
  ...recordedRow(event),
  aggregate_id: event.aggregateId,
  ...searchable(event),
});

function searchable({ type, data }: StoredEvent): Searchable {
  const parsed = UseEvent.safeParse({ type, data });
  if (!parsed.success) return {};
  const { grantId, accessRequestId, commandId } = parsed.data.data;
  return { grant_id: grantId, access_request_id: accessRequestId, command_id: commandId };
}
