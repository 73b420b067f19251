import { AuditTrailEvent } from '@drawbridge/contracts';
import { recordedRow, type EventRow, type Searchable, type StoredEvent } from './event-row.js';

/** One event of the stream AUDIT as a row of the table `audit_events`. */
export const auditEventRow = (event: StoredEvent): EventRow => ({
  ...recordedRow(event),
  aggregate_id: event.aggregateId,
  ...searchable(event),
});

function searchable({ type, data }: StoredEvent): Searchable {
  const parsed = AuditTrailEvent.safeParse({ type, data });
  if (!parsed.success) return {};
  const { data: known } = parsed.data;
  // What is about the record itself, and not about a command.
  if (!('commandId' in known || 'connection' in known || 'grantId' in known)) return {};
  const grantId = 'grantId' in known ? known.grantId : undefined;
  return {
    ...(known.commandId === undefined ? {} : { command_id: known.commandId }),
    ...(grantId === undefined ? {} : { grant_id: grantId }),
    ...(known.connection === undefined ? {} : { connection: known.connection }),
  };
}
