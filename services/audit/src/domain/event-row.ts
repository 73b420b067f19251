import { AccessEvent } from '@drawbridge/contracts';
import type { Principal } from '@drawbridge/contracts';
import type { EventColumns } from './rebuild-event.js';

/** A stored event as audit takes it: any readable envelope, also of a type that this version does not know. */
export interface StoredEvent {
  readonly sequence: number;
  readonly id: string;
  readonly type: string;
  readonly schemaVersion: number;
  readonly aggregateId: string;
  readonly correlationId: string;
  readonly causationId: string;
  readonly actor: { readonly kind: string; readonly id: string };
  readonly at: string;
  /** SHA-256 of the stored bytes. */
  readonly hash: string;
  readonly previousHash: string | null;
  readonly data: unknown;
}

/** One row of a table of events. */
export type EventRow = EventColumns & Searchable;
/** What an event is found by. */
export type Searchable = Readonly<Record<string, string | number>>;

export const eventRow = (event: StoredEvent): EventRow => ({
  ...recordedRow(event),
  aggregate_id: event.aggregateId,
  ...searchable(event),
});

/** The envelope, and `data` whole, as it came; the columns beside it are only there to be searched. */
export function recordedRow(event: StoredEvent): EventRow {
  return {
    sequence: event.sequence,
    id: event.id.toLowerCase(),
    type: event.type,
    schema_version: event.schemaVersion,
    correlation_id: event.correlationId,
    causation_id: event.causationId,
    actor_kind: event.actor.kind,
    actor_id: event.actor.id,
    at: event.at,
    hash: event.hash,
    previous_hash: event.previousHash ?? '',
    data: JSON.stringify(event.data ?? null),
  };
}

function searchable({ type, data }: StoredEvent): Searchable {
  const parsed = AccessEvent.safeParse({ type, data });
  if (!parsed.success) return {};
  const { data: known } = parsed.data;
  return {
    ...('requester' in known ? agentOf(known.requester) : {}),
    ...('grantee' in known ? agentOf(known.grantee) : {}),
    ...('request' in known ? { connection: known.request.connection } : {}),
    ...('terms' in known ? { connection: known.terms.connection } : {}),
    ...('grantId' in known ? { grant_id: known.grantId } : {}),
  };
}

const agentOf = ({ issuer, subject }: Principal): Searchable => ({
  agent_issuer: issuer,
  agent_subject: subject,
});
