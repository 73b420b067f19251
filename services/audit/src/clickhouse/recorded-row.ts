import type { AuditEvent } from '@drawbridge/contracts';
import { z } from 'zod';

/** The columns that every table of events has, in the order of the envelope. */
export const RecordedRow = z.object({
  sequence: z.number(),
  id: z.string(),
  type: z.string(),
  schema_version: z.number(),
  correlation_id: z.string(),
  causation_id: z.string(),
  actor_kind: z.string(),
  actor_id: z.string(),
  at: z.string(),
  hash: z.string(),
  previous_hash: z.string(),
  data: z.string().transform((json): unknown => JSON.parse(json)),
});

/** The envelope as the HTTP API shows it, whatever the event is about. */
export const recordedOf = (
  row: z.infer<typeof RecordedRow>,
): Omit<AuditEvent, 'accessRequestId'> => ({
  sequence: row.sequence,
  id: row.id,
  type: row.type,
  schemaVersion: row.schema_version,
  correlationId: row.correlation_id,
  causationId: row.causation_id,
  actor: { kind: row.actor_kind, id: row.actor_id },
  at: row.at,
  hash: row.hash,
  ...(row.previous_hash === '' ? {} : { previousHash: row.previous_hash }),
  data: row.data,
});
