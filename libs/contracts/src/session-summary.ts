import { z } from 'zod';
import { ConnectionName, Instant } from './access-terms.js';

const count = z.int().min(0);

/** What approval asks audit: what was done by a grant that is over. */
export const SessionQuestion = z.strictObject({
  grantId: z.uuid(),
  connection: ConnectionName,
  agent: z.strictObject({
    issuer: z.string().min(1).max(2048),
    subject: z.string().min(1).max(256),
  }),
  startsAt: Instant,
  endedAt: Instant,
  /** Up to where the record has to reach, as an earlier answer said; absent: all there is now. */
  position: count.optional(),
});
export type SessionQuestion = z.infer<typeof SessionQuestion>;

export const SessionNumbers = z.strictObject({
  /** On resources; discovery is not counted. */
  calls: count,
  /** Of them those that are not get, list or watch, and channels into pods. */
  changes: count,
  /** What the same agent was refused there meanwhile. */
  refused: count,
});
export type SessionNumbers = z.infer<typeof SessionNumbers>;

/** Audit's answer. Without numbers the record does not reach that far yet: to be asked again with the position. */
export const SessionAnswer = z.strictObject({
  position: count,
  numbers: SessionNumbers.optional(),
});
export type SessionAnswer = z.infer<typeof SessionAnswer>;
