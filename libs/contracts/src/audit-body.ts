import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { BodyDirection } from './command-body.js';

/** One body of a command as `GET /v1/audit/commands/{id}/bodies` tells of it. */
export const AuditBody = z.strictObject({
  commandId: z.uuid(),
  direction: BodyDirection,
  connection: ConnectionName,
  at: Instant,
  /** As its sender called it. */
  contentType: z.string(),
  /** Of what is stored as it was compressed. */
  contentEncoding: z.string().optional(),
  /** Of the whole masked body. */
  bytes: z.int(),
  sha256: z.string(),
  /** In the record itself, or in the object store. */
  stored: z.enum(['record', 'objects']),
  /** Why not all of it is kept. A later version may know more reasons. */
  cut: z.string().optional(),
  /** So many bytes are, from the beginning. */
  kept: z.int().optional(),
});
export type AuditBody = z.infer<typeof AuditBody>;

/** What is kept of the bodies of one command; three at most. */
export const AuditBodies = z.strictObject({ items: z.array(AuditBody) });
export type AuditBodies = z.infer<typeof AuditBodies>;
