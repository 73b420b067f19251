import type { RequestHeaders } from './request-headers.js';

/** What a Kubernetes API server needs from the client's head. All else is dropped, hop-by-hop included. */
const requestHeaders = [
  'accept',
  'content-type',
  'if-modified-since',
  'if-none-match',
  'user-agent',
] as const;

const responseHeaders = [
  'Cache-Control',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'ETag',
  'Last-Modified',
  'Retry-After',
  'Vary',
  'Warning',
  'X-Kubernetes-Pf-Flowschema-Uid',
  'X-Kubernetes-Pf-Prioritylevel-Uid',
];
/** Frequent, and never passed on. */
const dropped = ['Audit-Id', 'Connection', 'Date', 'Server', 'Transfer-Encoding'];
/** Spelling as servers send it → the name under which it is passed on; `''` when it is not. */
const spellings = new Map([
  ...responseHeaders.flatMap((name) => [name, canonical(name), name.toLowerCase()].map(keep)),
  ...dropped.flatMap((name) =>
    [name, name.toLowerCase()].map((spelling) => [spelling, ''] as const),
  ),
]);

function keep(spelling: string): readonly [string, string] {
  return [spelling, spelling.toLowerCase()];
}

/** As Go writes it. */
function canonical(name: string): string {
  return name.toLowerCase().replaceAll(/(?:^|-)[a-z]/g, (letter) => letter.toUpperCase());
}

export interface OwnHeaders {
  /** Instead of what the client accepts. */
  readonly accept?: string | undefined;
  /** Ask for an unencoded answer, because we read it or add to it. */
  readonly plain: boolean;
}

/** What was made of the headers of a client lately, which mostly are those of its next call too. */
const lastMade = new WeakMap<
  Pick<RequestHeaders, 'value'>,
  OwnHeaders & { made: readonly string[] }
>();

/**
 * The headers of the upstream request, built anew: what the client may choose, then what is ours. `Host`,
 * `Audit-Id`, the framing headers and the credential are written by the HTTP client.
 *
 * @returns name, value, name, value, …; the same ones for the same headers
 */
export function upstreamRequestHeaders(
  client: Pick<RequestHeaders, 'value'>,
  own: OwnHeaders,
): readonly string[] {
  const last = lastMade.get(client);
  if (last !== undefined && last.accept === own.accept && last.plain === own.plain) {
    return last.made;
  }
  const made = headersFor(client, own);
  lastMade.set(client, { ...own, made });
  return made;
}

function headersFor(
  client: Pick<RequestHeaders, 'value'>,
  { accept, plain }: OwnHeaders,
): readonly string[] {
  const kept: string[] = [];
  for (const name of requestHeaders) {
    const value = name === 'accept' ? (accept ?? client.value(name)) : client.value(name);
    if (value !== undefined && /^[\t\x20-\x7e]+$/.test(value)) kept.push(name, value);
  }
  kept.push('accept-encoding', !plain && acceptsGzip(client) ? 'gzip' : 'identity');
  return kept;
}

function acceptsGzip(client: Pick<RequestHeaders, 'value'>): boolean {
  const offered = client.value('accept-encoding') ?? '';
  return offered === 'gzip' || /(?:^|,)\s*gzip\s*(?:,|$)/i.test(offered);
}

/** Those headers of an answer that reach the client, names in lower case. */
export type KeptHeaders = Record<string, string | string[]>;

/** The headers of the answer: never a cookie, a redirect, a challenge or anything hop-by-hop. */
export function clientResponseHeaders(rawHeaders: readonly string[]): KeptHeaders {
  const kept: KeptHeaders = {};
  for (let at = 0; at < rawHeaders.length; at += 2) {
    const spelling = rawHeaders[at] ?? '';
    const name = spellings.get(spelling) ?? spellings.get(spelling.toLowerCase()) ?? '';
    if (name === '') continue;
    const value = rawHeaders[at + 1] ?? '';
    const before = kept[name];
    if (before === undefined) kept[name] = value;
    else if (name === 'warning') kept[name] = [before, value].flat();
    else kept[name] = `${String(before)}, ${value}`;
  }
  return kept;
}
