import { CallRefused } from '../domain/call-refused.js';

const timeouts = new Set([
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'ETIMEDOUT',
]);
const unreachable = new Set([
  'ECONNREFUSED',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'UND_ERR_DESTROYED',
  'UND_ERR_CLOSED',
]);

/**
 * What the client is told of a failed upstream call: never an address, a certificate or a system message.
 * The error itself is the cause, for our log.
 */
export function upstreamFailure(error: unknown, connection: string): CallRefused {
  if (error instanceof CallRefused) return error;
  const code = codeOf(error);
  if (timeouts.has(code)) {
    return new CallRefused(
      'upstream_timeout',
      `the cluster of ${connection} did not answer in time`,
      {
        cause: error,
      },
    );
  }
  if (unreachable.has(code) || /CERT|TLS|SSL|SELF_SIGNED|ISSUER/.test(code)) {
    const message = `the cluster of ${connection} cannot be reached`;
    return new CallRefused('upstream_unreachable', message, { cause: error });
  }
  const message = `the cluster of ${connection} broke off or did not answer in HTTP`;
  return new CallRefused('upstream_failed', message, { cause: error });
}

function codeOf(error: unknown): string {
  const code: unknown =
    typeof error === 'object' && error !== null ? Reflect.get(error, 'code') : '';
  return typeof code === 'string' ? code : '';
}

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
