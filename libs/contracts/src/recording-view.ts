import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';
import { SessionFrame, SessionHeader } from './session-chunk.js';

/** `GET /v1/audit/recordings/{commandId}`: what is recorded of a session, a log or a watch. */
export const RecordingView = z.strictObject({
  commandId: z.uuid(),
  connection: ConnectionName,
  grantId: z.uuid().optional(),
  header: SessionHeader,
  startedAt: Instant,
  /** As far as it is recorded. */
  seconds: z.number().min(0),
  pieces: z.int().min(1),
  /** Numbers of pieces that should be there and are not, the first hundred. */
  missing: z.array(z.int().min(0)),
  /** It has its end. Without, the session runs still, or its gateway was killed. */
  ended: z.boolean(),
  /** Why not all of it is kept. */
  cut: z.string().optional(),
});
export type RecordingView = z.infer<typeof RecordingView>;

/** One piece of a recording. */
export const RecordingPiece = z.strictObject({
  index: z.int().min(0),
  at: Instant,
  frames: z.array(SessionFrame),
  header: SessionHeader.optional(),
  /** It is the last one. */
  last: z.boolean(),
});
export type RecordingPiece = z.infer<typeof RecordingPiece>;

/** `GET /v1/audit/recordings/{commandId}/pieces`: some of a recording, in order. */
export const RecordingPage = z.strictObject({
  pieces: z.array(RecordingPiece),
  /** What to ask for next, as `from`; absent behind the last piece. */
  next: z.int().min(0).optional(),
});
export type RecordingPage = z.infer<typeof RecordingPage>;
