import { z } from 'zod';
import { Instant } from './access-terms.js';

/** `GET /v1/trust`: who is trusted, and what is wrong with it. */
export const TrustStatus = z.strictObject({
  /** Of the newest bundle. */
  revision: z.int(),
  /** Whether NATS has it, so that every verifier gets it. */
  published: z.boolean(),
  /** Of the configuration in force. */
  configurationVersion: z.string(),
  /** Why the configuration directory as it is now is not in force; empty when it is. */
  configurationProblems: z.array(z.string()),
  issuers: z.array(
    z.strictObject({
      issuer: z.string(),
      /** Usable signing keys known. */
      keys: z.int(),
      /** When its keys were last read; absent when that never succeeded in this run. */
      refreshedAt: Instant.optional(),
      /** Code of the newest failure; absent when the newest reading succeeded. */
      problem: z.string().optional(),
      /** Of the directory of the issuer, where it has one. */
      directory: z
        .strictObject({
          /** How many it was asked about the last time. */
          asked: z.int(),
          /** Of how many it said nothing; what it said before stands. */
          failed: z.int(),
          /** There are more than it can be asked about. */
          isFull: z.boolean(),
          /** When it was last asked about all, and answered. */
          readAt: Instant.optional(),
          problem: z.string().optional(),
        })
        .optional(),
    }),
  ),
});
export type TrustStatus = z.infer<typeof TrustStatus>;
