import { z } from 'zod';
import { Instant } from '@drawbridge/contracts';
import { ConfigurationError, formatProblem } from '@drawbridge/configuration';
import type { Trusting } from './start-trust.js';

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
    }),
  ),
});
export type TrustStatus = z.infer<typeof TrustStatus>;

/** The state of trust as it is now. */
export function trustStatus({ trust, publisher, watcher }: Trusting): TrustStatus {
  return {
    revision: trust.bundle?.revision ?? 0,
    published: publisher.published,
    configurationVersion: watcher.current.version,
    configurationProblems: problemsOf(watcher.error),
    issuers: [...trust.health()],
  };
}

function problemsOf(error: unknown): string[] {
  if (error === undefined) return [];
  return error instanceof ConfigurationError
    ? error.problems.map(formatProblem)
    : ['the configuration cannot be read'];
}
