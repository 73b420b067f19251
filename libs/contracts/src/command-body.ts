import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';

const sha256 = z
  .string()
  .regex(/^[0-9a-f]{64}$/, 'expected 64 digits of hex')
  .describe('SHA-256');

/** Whose body it is; `before` is the object as it was before a write. */
export const BodyDirection = z.enum(['request', 'response', 'before']);
export type BodyDirection = z.infer<typeof BodyDirection>;

/**
 * Why not all of a body is kept.
 *
 * - `body_limit`: longer than `maxBytes` of its connection.
 * - `client_gone`, `call_cut`, `upstream_failed`: the call ended before the body did.
 * - `object_store_missing`, `object_store_unavailable`: longer than a record holds, and nowhere to put the rest.
 * - `record_too_large`: the bus takes no message that is so long.
 * - `record_backlog`: the bus is away, and too much waits for it already.
 * - `not_maskable`: a form in which nobody can tell what has to be masked.
 * - `before_not_granted`: the grant does not allow the agent to see the object.
 * - `before_not_found`, `before_refused`, `before_unavailable`: there was none; the cluster did not show it to the
 *   identity of the call; it did not answer in time or as expected.
 */
export const BodyCut = z.enum([
  'body_limit',
  'client_gone',
  'call_cut',
  'upstream_failed',
  'object_store_missing',
  'object_store_unavailable',
  'record_too_large',
  'record_backlog',
  'not_maskable',
  'before_not_granted',
  'before_not_found',
  'before_refused',
  'before_unavailable',
]);
export type BodyCut = z.infer<typeof BodyCut>;

/** A piece of a body in the object store, found by the hash of its bytes. */
export const BodyObject = z.object({ sha256, bytes: z.int().min(1) });
export type BodyObject = z.infer<typeof BodyObject>;

/**
 * One body of a call, on stream `COMMANDS` beside its {@link CommandRecord}s, one line per body: as the client saw or
 * sent it, masked. That of a request stands in the message of its `CommandStarted`.
 *
 * What is short stands in `content`, what is longer in the object store.
 */
export const CommandBody = z.object({
  type: z.literal('CommandBody'),
  commandId: z.uuid(),
  connection: ConnectionName,
  at: Instant,
  direction: BodyDirection,
  /** Of what is stored, as its sender called it; `''` when nobody did. */
  contentType: z.string().max(128),
  /** Only when it is stored as it was compressed. */
  contentEncoding: z.string().max(32).optional(),
  /** Of the whole masked body, also when not all of it is kept. */
  bytes: z.int().min(0),
  sha256: sha256.describe('Of those bytes'),
  encoding: z.enum(['utf8', 'base64']).describe('Of `content`'),
  /** `''` when it stands in objects. */
  content: z.string(),
  /** In order. */
  objects: z.array(BodyObject).max(4_096).optional(),
  cut: BodyCut.optional(),
  /** So many bytes are kept, from the beginning; there with `cut` only. */
  kept: z.int().min(0).optional(),
});
export type CommandBody = z.infer<typeof CommandBody>;
