import { headerValues } from './request-head.js';

/** What a Kubernetes API server needs from the client's head. All else is dropped, hop-by-hop included. */
const requestHeaders = [
  'accept',
  'content-type',
  'if-modified-since',
  'if-none-match',
  'user-agent',
];

const responseHeaders = [
  'cache-control',
  'content-encoding',
  'content-length',
  'content-type',
  'etag',
  'last-modified',
  'retry-after',
  'vary',
  'warning',
  'x-kubernetes-pf-flowschema-uid',
  'x-kubernetes-pf-prioritylevel-uid',
];

/**
 * The headers of the upstream request, built anew: what the client may choose, then what is ours. `Host` and
 * the framing headers are written by the HTTP client.
 *
 * @param plain - ask for an unencoded answer, because we add to it
 */
export function upstreamRequestHeaders(
  rawHeaders: readonly string[],
  ours: Readonly<Record<string, string>>,
  plain: boolean,
): Record<string, string> {
  const kept: Record<string, string> = {};
  for (const name of requestHeaders) {
    const value = headerValues(rawHeaders, name).join(', ');
    if (/^[\t\x20-\x7e]+$/.test(value)) kept[name] = value;
  }
  const offered = headerValues(rawHeaders, 'accept-encoding').join(',');
  const gzip = /(?:^|,)\s*gzip\s*(?:,|$)/i.test(offered);
  kept['accept-encoding'] = gzip && !plain ? 'gzip' : 'identity';
  return { ...kept, ...ours };
}

/** The headers of the answer: never a cookie, a redirect, a challenge or anything hop-by-hop. */
export function clientResponseHeaders(
  upstream: Readonly<Record<string, string | string[] | undefined>>,
): Record<string, string | string[]> {
  return Object.fromEntries(
    responseHeaders.flatMap((name) => {
      const value = upstream[name];
      return value === undefined ? [] : [[name, value]];
    }),
  );
}
