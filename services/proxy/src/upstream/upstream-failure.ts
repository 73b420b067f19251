import { CallRefused } from '../domain/call-refused.js';
import type { Suspension } from './circuit-breaker.js';
import { UpstreamFault, type UpstreamFaultKind } from './upstream-fault.js';

const refusals = {
  unreachable: ['upstream_unreachable', 'cannot be reached'],
  timeout: ['upstream_timeout', 'did not answer in time'],
  busy: ['upstream_busy', 'has too many calls of this gateway under way'],
  not_http: ['upstream_failed', 'broke off or did not answer in HTTP'],
  broken: ['upstream_failed', 'broke off or did not answer in HTTP'],
} as const satisfies Readonly<Record<UpstreamFaultKind, readonly [string, string]>>;

/**
 * What the client is told of a failed upstream call: never an address, a certificate or a system message.
 * The error itself is the cause, for our log.
 */
export function upstreamFailure(error: unknown, connection: string): CallRefused {
  if (error instanceof CallRefused) return error;
  const kind = error instanceof UpstreamFault ? error.kind : 'broken';
  const [code, what] = refusals[kind];
  return new CallRefused(code, `the cluster of ${connection} ${what}`, { cause: error });
}

/** What the client is told while nothing comes back from a cluster. */
export function suspended(connection: string, { since, until }: Suspension): CallRefused {
  return new CallRefused(
    'upstream_suspended',
    `the cluster of ${connection} has not answered since ${seconds(since)}; the gateway tries again at ${seconds(until)}`,
  );
}

const seconds = (at: Date): string => at.toISOString().replace(/\.\d+Z$/, 'Z');

/**
 * Refuses answers that must not reach a client: a redirect would carry our call elsewhere, a 401 would make
 * kubectl believe that its own token is bad.
 */
export function refusedAnswer(statusCode: number, connection: string): CallRefused | undefined {
  if (statusCode === 401) {
    return new CallRefused(
      'upstream_credential_refused',
      `the cluster of ${connection} refused the gateway's credential; tell its operator`,
    );
  }
  if (statusCode >= 300 && statusCode < 400 && statusCode !== 304) {
    return new CallRefused(
      'upstream_redirect',
      `the cluster of ${connection} answered with a redirect, which is never followed`,
    );
  }
  return undefined;
}
