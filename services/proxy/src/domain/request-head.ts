import { CallRefused } from './call-refused.js';

/** A body that a head announces, with its length if it says so. */
export interface AnnouncedBody {
  readonly length?: number;
}

/** The head of a request as Node's parsers left it: strict syntax, nothing interpreted yet. */
export interface RequestHead {
  readonly method: string;
  readonly target: string;
  readonly httpVersion: string;
  /** name, value, name, value, … with every duplicate, as `IncomingMessage.rawHeaders`. */
  readonly rawHeaders: readonly string[];
  readonly announced: AnnouncedBody | undefined;
}

const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Headers of which a second one is read differently by different servers. */
const single = new Set(
  ['host', 'authorization', 'content-type', 'content-length', 'transfer-encoding'].concat([
    'content-encoding',
    'expect',
    'upgrade',
  ]),
);
const MAX_HEADERS = 100;

/**
 * Refuses every head that another HTTP implementation might read otherwise, or that is meant for another host.
 *
 * @param hosts - names under which the gateway is reached, in lower case, without port
 * @returns the name under which it was reached
 * @throws {@link CallRefused}
 */
export function checkRequestHead(head: RequestHead, hosts: { has(host: string): boolean }): string {
  if (head.httpVersion !== '1.1' && head.httpVersion !== '2.0') {
    throw new CallRefused('http_version_unsupported', 'expected HTTP/1.1 or HTTP/2');
  }
  if (!methods.has(head.method)) {
    throw new CallRefused('method_not_supported', `expected one of ${[...methods].join(', ')}`);
  }
  if (!head.target.startsWith('/')) {
    throw new CallRefused('malformed_request', 'expected a request target that starts with "/"');
  }
  checkNames(head.rawHeaders);
  const host = checkHost(headerValue(head.rawHeaders, 'host'), hosts);
  checkExpectation(headerValue(head.rawHeaders, 'expect'));
  checkBodyHeaders(head);
  return host;
}

function checkNames(rawHeaders: readonly string[]): void {
  const names = headerNames(rawHeaders);
  if (names.length > MAX_HEADERS) {
    throw new CallRefused('headers_too_large', `expected at most ${MAX_HEADERS} headers`);
  }
  const seen = new Set<string>();
  for (const name of names) {
    if (single.has(name) && seen.has(name)) {
      throw new CallRefused('malformed_request', `expected one header "${name}", got several`);
    }
    seen.add(name);
  }
}

/**
 * @throws {@link CallRefused} `impersonation_refused` when any header of the `Impersonate-` family is there, in
 *   any case, with `_` or percent-encoding, or behind a prefix: one such is an attempt
 */
export function refuseImpersonation(rawHeaders: readonly string[]): void {
  if (!headerNames(rawHeaders).some(isImpersonation)) return;
  throw new CallRefused(
    'impersonation_refused',
    'impersonation headers are refused in every form; you act as yourself, within your grant',
  );
}

function isImpersonation(name: string): boolean {
  const plain = name.replaceAll(/%([0-9a-f]{2})/g, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return plain
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .includes('impersonate');
}

function checkHost(host: string | undefined, hosts: { has(host: string): boolean }): string {
  const [, name = ''] = /^(\[[0-9a-f:.]+\]|[a-z0-9.-]+)(?::\d{1,5})?$/i.exec(host ?? '') ?? [];
  const known = name.toLowerCase();
  if (hosts.has(known)) return known;
  throw new CallRefused('host_unknown', 'this gateway is not reached under that host name');
}

function checkExpectation(expectation: string | undefined): void {
  if (expectation === undefined || expectation.toLowerCase() === '100-continue') return;
  throw new CallRefused('expectation_failed', 'expected no "Expect" but "100-continue"');
}

function checkBodyHeaders({ method, rawHeaders, announced }: RequestHead): void {
  const encoding = headerValue(rawHeaders, 'transfer-encoding');
  if (encoding !== undefined && encoding.toLowerCase() !== 'chunked') {
    throw new CallRefused('malformed_request', 'expected the transfer coding "chunked" or none');
  }
  if (announced !== undefined && (method === 'GET' || method === 'HEAD')) {
    throw new CallRefused('malformed_request', `expected no body with ${method}`);
  }
  const coding = headerValue(rawHeaders, 'content-encoding');
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new CallRefused('malformed_request', 'expected a request body without content coding');
  }
}

const headerNames = (rawHeaders: readonly string[]): string[] =>
  rawHeaders.filter((_, index) => index % 2 === 0).map((name) => name.toLowerCase());

/** Every value of a header, in the order they came. */
export function headerValues(rawHeaders: readonly string[], name: string): readonly string[] {
  return headerNames(rawHeaders).flatMap((candidate, index) =>
    candidate === name ? [rawHeaders[index * 2 + 1] ?? ''] : [],
  );
}

/** The first value of a header; `undefined` when it is absent. */
export function headerValue(rawHeaders: readonly string[], name: string): string | undefined {
  return headerValues(rawHeaders, name)[0];
}

/** The body that a head of HTTP/1.1 announces. */
export function announcedBody(rawHeaders: readonly string[]): AnnouncedBody | undefined {
  const length = headerValue(rawHeaders, 'content-length');
  if (length !== undefined) return length === '0' ? undefined : { length: Number(length) };
  return headerValue(rawHeaders, 'transfer-encoding') === undefined ? undefined : {};
}
