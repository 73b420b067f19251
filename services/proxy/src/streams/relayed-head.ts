import type { KeptHeaders } from '../domain/forwarded-headers.js';
import type { AnswerHead, BodyTransform } from './body-transform.js';

/** Frames can be told apart only in JSON that is not compressed. */
export const isPlainJson = ({ contentEncoding, contentType }: AnswerHead): boolean =>
  (contentEncoding === '' || contentEncoding === 'identity') &&
  /^application\/json\b/.test(contentType);

export const headOf = (statusCode: number, headers: KeptHeaders): AnswerHead => ({
  statusCode,
  contentType: text(headers['content-type']),
  contentEncoding: text(headers['content-encoding']),
});

const text = (value: string | string[] | undefined): string =>
  typeof value === 'string' ? value : '';

/** Length and tags are of what the cluster sent, not of what the client gets. */
export function dropShape(headers: KeptHeaders): void {
  for (const name of ['content-length', 'etag', 'last-modified'])
    Reflect.deleteProperty(headers, name);
}

/** How many values were masked, for the record. */
export const maskedIn = (transform: BodyTransform | undefined) =>
  transform?.masked === undefined ? undefined : { masked: transform.masked };
