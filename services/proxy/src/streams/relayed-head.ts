import type { KeptHeaders } from '../domain/forwarded-headers.js';
import type { AnswerHead, BodyTransform } from './body-transform.js';

/** What the client is told before the body. */
export interface RelayedHead {
  readonly statusCode: number;
  readonly headers: KeptHeaders;
}

/** What was asked for, and not compressed. */
export const isPlain = ({ statusCode, contentEncoding }: AnswerHead): boolean =>
  statusCode === 200 && (contentEncoding === '' || contentEncoding === 'identity');

/** Of a watch: its answer is JSON, in frames that can be told apart. */
export const isFramed = (head: AnswerHead): boolean =>
  isPlain(head) && /^application\/json\b/.test(head.contentType);

export const headOf = (statusCode: number, headers: KeptHeaders): AnswerHead => ({
  statusCode,
  contentType: text(headers['content-type']),
  contentEncoding: text(headers['content-encoding']),
});

const text = (value: string | string[] | undefined): string =>
  typeof value === 'string' ? value : '';

/** Of what the cluster sent, not of what the client gets of it. */
const shape = new Set(['content-length', 'etag', 'last-modified']);

/** The cluster's headers as those of our answer. */
export function describeOurs(
  headers: KeptHeaders,
  { commandId, isChanged }: { readonly commandId: string; readonly isChanged: boolean },
): KeptHeaders {
  const ours = isChanged ? withoutShape(headers) : headers;
  ours['audit-id'] = commandId;
  ours['x-content-type-options'] = 'nosniff';
  return ours;
}

/** Anew: an object from which something was deleted is slow to read, and this one is read for every call. */
function withoutShape(headers: KeptHeaders): KeptHeaders {
  const kept: KeptHeaders = {};
  for (const name in headers) {
    const value = headers[name];
    if (value !== undefined && !shape.has(name)) kept[name] = value;
  }
  return kept;
}

/** How many values were masked, for the record. */
export const maskedIn = (transform: BodyTransform | undefined) =>
  transform?.masked === undefined ? undefined : { masked: transform.masked };
