import { ConfigurationError, formatProblem } from '@drawbridge/configuration';
import type { TrustStatus } from '@drawbridge/contracts';
import type { Trusting } from './start-trust.js';

/** The state of trust as it is now. */
export function trustStatus({ trust, publisher, watcher, directories }: Trusting): TrustStatus {
  return {
    revision: trust.bundle?.revision ?? 0,
    published: publisher.published,
    configurationVersion: watcher.current.version,
    configurationProblems: problemsOf(watcher.error),
    issuers: trust.health().map((health) => {
      const directory = directories.healthOf(health.issuer);
      return { ...health, ...(directory !== undefined && { directory }) };
    }),
  };
}

function problemsOf(error: unknown): string[] {
  if (error === undefined) return [];
  return error instanceof ConfigurationError
    ? error.problems.map(formatProblem)
    : ['the configuration cannot be read'];
}
