import type { UpstreamRequest } from './upstream.js';

const name = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const value = /^[\t\x20-\x7e]*$/;
const target = /^\/[\x21-\x7e]*$/;
const uuid = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const methods = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);
/** Written here and nowhere else, or never sent upstream at all. */
const reserved = new Set(
  ['host', 'content-length', 'transfer-encoding', 'expect', 'te', 'trailer', 'keep-alive'].concat([
    'proxy-connection',
    'proxy-authorization',
    'cookie',
  ]),
);
/** Of an upgrade only. */
const switching = new Set(['connection', 'upgrade']);

/** What is the same in all heads that one connection sends. */
export interface HeadFrame {
  /** Path of the server's own address, without a slash at its end. */
  readonly prefix: string;
  readonly host: string;
}

/** Lines of the credential, made once for as long as it is the same. */
export type CredentialLines = string;

/**
 * Header lines of what authenticates us.
 *
 * @throws {@link TypeError} for what is no header
 */
export function credentialLines(headers: readonly string[]): CredentialLines {
  return linesOf(headers, 'credential');
}

/**
 * The head of a request, byte for byte, to be written as latin1. Every part is checked, wherever it came from:
 * nothing in it can end a line early, and nothing that frames the message or names its host comes from outside.
 *
 * @throws {@link TypeError} for what cannot be sent; nothing has been then
 */
export function writeRequestHead(
  request: UpstreamRequest,
  frame: HeadFrame,
  credential: CredentialLines,
): string {
  return headOf(request, frame, callLines(request.headers) + credential);
}

/** As {@link writeRequestHead}, of a request that asks for another protocol. */
export function writeUpgradeHead(
  request: UpstreamRequest,
  frame: HeadFrame,
  credential: CredentialLines,
): string {
  if (request.body !== null) throw new TypeError('an upgrade has no body');
  return headOf(request, frame, linesOf(request.headers, 'upgrade') + credential);
}

function headOf(request: UpstreamRequest, frame: HeadFrame, lines: string): string {
  if (!methods.has(request.method)) throw new TypeError('this method is not sent');
  const path = checkedTarget(frame.prefix + request.target);
  const own = framing(request) + auditLine(request.auditId);
  return `${request.method} ${path} HTTP/1.1\r\nhost: ${frame.host}\r\n${lines}${own}\r\n`;
}

/** @throws {@link TypeError} */
export function checkedTarget(path: string): string {
  if (!target.test(path)) throw new TypeError('this target is not canonical');
  return path;
}

function auditLine(auditId: string | undefined): string {
  if (auditId === undefined) return '';
  return `audit-id: ${checkedAuditId(auditId)}\r\n`;
}

/** @throws {@link TypeError} */
export function checkedAuditId(auditId: string): string {
  if (!uuid.test(auditId)) throw new TypeError('no id for the audit log');
  return auditId;
}

/** Lines of the headers of calls, which are the same ones for many calls of one client. */
const knownLines = new WeakMap<readonly string[], string>();

function callLines(headers: readonly string[]): string {
  let lines = knownLines.get(headers);
  if (lines === undefined) {
    lines = linesOf(headers, 'call');
    knownLines.set(headers, lines);
  }
  return lines;
}

function framing({ method, body, contentLength }: UpstreamRequest): string {
  if (body === null) {
    const empty = method === 'POST' || method === 'PUT' || method === 'PATCH';
    return empty ? 'content-length: 0\r\n' : '';
  }
  if (contentLength === undefined) return 'transfer-encoding: chunked\r\n';
  if (!Number.isSafeInteger(contentLength) || contentLength < 0) throw new TypeError('no length');
  return `content-length: ${contentLength}\r\n`;
}

/** Who may write a header: what is said of a call, an upgrade, or the credential. */
type Source = 'call' | 'upgrade' | 'credential';

/** Whether a header may be written, by its spelling: the same few are written over and over. */
const sendable: Readonly<Record<Source, Map<string, boolean>>> = {
  call: new Map(),
  upgrade: new Map(),
  credential: new Map(),
};
const MAX_KNOWN = 1_024;

function isSendable(spelling: string, source: Source): boolean {
  const known = sendable[source].get(spelling);
  if (known !== undefined) return known;
  const answer = name.test(spelling) && !isRefused(spelling.toLowerCase(), source);
  if (sendable[source].size < MAX_KNOWN) sendable[source].set(spelling, answer);
  return answer;
}

/** The credential is never among what is said of the call: the client's own can so never get here. */
function isRefused(header: string, source: Source): boolean {
  if (reserved.has(header)) return true;
  if (switching.has(header)) return source !== 'upgrade';
  return header === 'authorization' && source !== 'credential';
}

const linesOf = (headers: readonly string[], source: Source): string =>
  checkedFields(headers, source, (header, content) => `${header}: ${content}\r\n`);

/**
 * Headers, each as `write` has it.
 *
 * @throws {@link TypeError} for one that may not be written, and for what is no header
 */
export function checkedFields(
  headers: readonly string[],
  source: Source,
  write: (name: string, value: string) => string,
): string {
  let written = '';
  for (let index = 0; index < headers.length; index += 2) {
    const header = headers[index] ?? '';
    const content = headers[index + 1] ?? '';
    if (!isSendable(header, source)) throw new TypeError('this header is not sent from here');
    if (!value.test(content)) throw new TypeError(`no header value: ${header}`);
    written += write(header, content);
  }
  return written;
}
