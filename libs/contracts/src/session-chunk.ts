import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';

/**
 * What a frame of a session is: the codes of asciicast (`o` output, `i` input, `r` resize as `80x24`, `m` marker, `x`
 * exit code), and `e` for the error stream of a session without a terminal. `o64`, `i64` and `e64` hold base64 of
 * bytes that are not UTF-8.
 */
export const SessionFrameCode = z.enum(['o', 'i', 'e', 'r', 'm', 'x', 'o64', 'i64', 'e64']);
export type SessionFrameCode = z.infer<typeof SessionFrameCode>;

/** Seconds since the session began, what it is, and the data. */
export const SessionFrame = z.tuple([z.number().min(0), SessionFrameCode, z.string()]);
export type SessionFrame = z.infer<typeof SessionFrame>;

/** What is recorded as it passes. */
export const SessionKind = z.enum(['exec', 'attach', 'port-forward', 'log', 'watch']);
export type SessionKind = z.infer<typeof SessionKind>;

/** What a recording says of its session, once. */
export const SessionHeader = z.object({
  version: z.literal(1),
  /** Of exec; masked, and cut to what a record takes. */
  argv: z.array(z.string()).optional(),
  tty: z.boolean(),
  stdin: z.boolean(),
  container: z.string().optional(),
  kind: SessionKind,
});
export type SessionHeader = z.infer<typeof SessionHeader>;

/** One less than the greatest number of 32 bits, so that there is one for how many there are. */
const MAX_INDEX = 4_294_967_294;

/**
 * A piece of the recording of a session, a line on stream `COMMANDS`: masked as the client saw it. Pieces are numbered
 * from 0, and one that never came is missed by its number. A recording without a `final` is of a session that runs, or
 * whose gateway was killed.
 */
export const SessionChunk = z.object({
  type: z.literal('SessionChunk'),
  commandId: z.uuid(),
  connection: ConnectionName,
  /** When its first frame came; of the first one, when the session began. */
  at: Instant,
  index: z.int().min(0).max(MAX_INDEX),
  frames: z.array(SessionFrame),
  /** Of the first one. */
  header: SessionHeader.optional(),
  /** Of the last one: how many there are, and the code of why not everything is kept, when that is so. */
  final: z.object({ chunks: z.int().min(1), cut: z.string().max(64).optional() }).optional(),
});
export type SessionChunk = z.infer<typeof SessionChunk>;
