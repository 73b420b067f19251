import { CallRefused } from './call-refused.js';
import { bodyAnnouncedBy, type AnnouncedBody, type RequestHeaders } from './request-headers.js';

/** The head of a request as Node's parsers left it: strict syntax, nothing interpreted yet. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  readonly headers: RequestHeaders;
  readonly announced: AnnouncedBody | undefined;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
const MAX_HEADERS = 100;

/**
 * Refuses every head that another HTTP implementation might read otherwise.
 *
 * @param hosts - names under which the gateway is reached, in lower case, without port
 * @returns the name under which it was reached; `undefined` when that is none of `hosts`
 * @throws {@link CallRefused}
 */
export function checkRequestHead(
  head: RequestHead,
  hosts: { has(host: string): boolean },
): string | undefined {
  if (head.httpVersion !== '1.1' && head.httpVersion !== '2.0') {
    throw new CallRefused('http_version_unsupported', 'expected HTTP/1.1 or HTTP/2');
  }
  if (!methods.has(head.method)) {
    throw new CallRefused('method_not_supported', `expected one of ${[...methods].join(', ')}`);
  }
  if (!head.target.startsWith('/')) {
    throw new CallRefused('malformed_request', 'expected a request target that starts with "/"');
  }
  checkNames(head.headers);
  const host = checkHost(head.headers.value('host') ?? '', hosts);
  checkExpectation(head.headers.value('expect'));
  checkBodyHeaders(head);
  return host;
}

function checkNames({ count, repeated }: RequestHeaders): void {
  if (count > MAX_HEADERS) {
    throw new CallRefused('headers_too_large', `expected at most ${MAX_HEADERS} headers`);
  }
  if (repeated !== undefined) {
    throw new CallRefused('malformed_request', `expected one header "${repeated}", got several`);
  }
}

/**
 * @throws {@link CallRefused} `impersonation_refused` when any header of the `Impersonate-` family is there, in
 *   any case, with `_` or percent-encoding, or behind a prefix: one such is an attempt
 */
export function refuseImpersonation(headers: RequestHeaders): void {
  if (!headers.impersonates) return;
  throw new CallRefused(
    'impersonation_refused',
    'impersonation headers are refused in every form; you act as yourself, within your grant',
  );
}

function checkHost(host: string, hosts: { has(host: string): boolean }): string | undefined {
  if (hosts.has(host)) return host;
  const [, name] = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host) ?? [];
  // What is no name at all is nobody's, whatever is configured.
  if (name === undefined) throw hostUnknown();
  const known = name.toLowerCase();
  return hosts.has(known) ? known : undefined;
}

export const hostUnknown = () =>
  new CallRefused('host_unknown', 'this gateway is not reached under that host name');

function checkExpectation(expectation: string | undefined): void {
  if (expectation === undefined || expectation.toLowerCase() === '100-continue') return;
  throw new CallRefused('expectation_failed', 'expected no "Expect" but "100-continue"');
}

function checkBodyHeaders({ method, headers, announced }: RequestHead): void {
  const encoding = headers.value('transfer-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    throw new CallRefused('malformed_request', 'expected the transfer coding "chunked" or none');
  }
  if (announced !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new CallRefused('malformed_request', `expected no body with ${method}`);
  }
  const coding = headers.value('content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new CallRefused('malformed_request', 'expected a request body without content coding');
  }
}

/** Every value of a header, in the order they came. For headers that few requests have. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  const values: string[] = [];
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (isNamed(rawHeaders[at], name)) values.push(rawHeaders[at + 1] ?? '');
  }
  return values;
}

/** The first value of a header; `undefined` when it is absent. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  for (let at = 0; at < rawHeaders.length; at += 2) {
    if (isNamed(rawHeaders[at], name)) return rawHeaders[at + 1] ?? '';
  }
  return undefined;
}

const isNamed = (candidate: string | undefined, name: string) =>
  candidate?.length === name.length && candidate.toLowerCase() === name;

/** The body that a head of HTTP/1.1 announces. */
export const announcedBody = (rawHeaders: readonly string[]): AnnouncedBody | undefined =>
  bodyAnnouncedBy(
    headerValue(rawHeaders, 'content-length'),
    headerValue(rawHeaders, 'transfer-encoding') !== undefined,
  );
