import { z } from 'zod';
import { Instant } from './access-terms.js';

/** A message that its receiver did not take for a day; it waits for a person. */
export const DeadLetterView = z.strictObject({
  /** Names it. */
  sequence: z.int().min(1),
  webhook: z.string(),
  /** Why it was given up. */
  code: z.string(),
  parkedAt: Instant,
  /** What it tells of; absent where that cannot be read. */
  event: z
    .strictObject({
      id: z.string(),
      type: z.string(),
      /** Absent of an alarm. */
      accessRequestId: z.string().optional(),
      /** Of an alarm alone. */
      alarmId: z.string().optional(),
      at: Instant,
    })
    .optional(),
});
export type DeadLetterView = z.infer<typeof DeadLetterView>;

/** `GET /v1/webhooks/dead-letters`: the oldest first. */
export const DeadLettersView = z.strictObject({
  items: z.array(DeadLetterView),
  /** How many there are, those left out of `items` included. */
  total: z.int(),
});
export type DeadLettersView = z.infer<typeof DeadLettersView>;
