import { isKeptInstant } from './kept-instant.js';

/** What the tables of events have of the envelope; `aggregate_id` has another name in some of them. */
export type EventColumns = Readonly<{
  id: string;
  type: string;
  schema_version: number;
  correlation_id: string;
  causation_id: string;
  actor_kind: string;
  actor_id: string;
  at: string;
  /** Empty of the first event of its aggregate. */
  previous_hash: string;
  /** JSON. */
  data: string;
}>;

/** The bytes, as text, of the message that a row of a table of events was made of. */
export const eventMessage = (
  row: EventColumns & { readonly raw: string },
  aggregateId: string,
): string => (row.raw === '' ? writtenEvent(row, aggregateId) : row.raw);

/** The row, with the message beside it when the columns do not give it back byte for byte. */
export function withRaw<Row extends EventColumns>(
  row: Row,
  { aggregateId, text }: { readonly aggregateId: string; readonly text: string },
): Row & { readonly raw?: string } {
  const isExact = isKeptInstant(row.at) && writtenEvent(row, aggregateId) === text;
  return isExact ? row : { ...row, raw: text };
}

/** What the columns alone say, in the order in which events are written. */
export function writtenEvent(row: EventColumns, aggregateId: string): string {
  const envelope = JSON.stringify({
    id: row.id,
    type: row.type,
    schemaVersion: row.schema_version,
    aggregateId,
    correlationId: row.correlation_id,
    causationId: row.causation_id,
    actor: { kind: row.actor_kind, id: row.actor_id },
    at: row.at,
    previousHash: row.previous_hash === '' ? null : row.previous_hash,
  });
  return `${envelope.slice(0, -1)},"data":${row.data}}`;
}
