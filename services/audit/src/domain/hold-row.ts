import { HoldEvent } from '@drawbridge/contracts';
import type { EventRow, StoredEvent } from './event-row.js';

/** One event of a held call as a row of the table `holds`. `data` is kept whole, as it came. */
export function holdRow(event: StoredEvent): EventRow {
  return {
    sequence: event.sequence,
    id: event.id,
    type: event.type,
    schema_version: event.schemaVersion,
    hold_id: event.aggregateId,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    at: event.at,
    hash: event.hash,
    previous_hash: event.previousHash ?? '',
    ...searchable(event),
    data: JSON.stringify(event.data ?? null),
  };
}

/** Only the first event says what is held; a query for one of these finds the others by its hold. */
function searchable({ type, data }: StoredEvent): EventRow {
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
