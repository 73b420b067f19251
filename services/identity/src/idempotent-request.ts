import { createHash } from 'node:crypto';
import { stringify } from 'uuid';
import type { AccessRequestInput, Principal } from '@drawbridge/contracts';
import { canonicalJson } from './domain/canonical-json.js';

/**
 * The request id that a caller's idempotency key stands for: a UUIDv8 (RFC 9562, 5.8) made of SHA-256 of
 * issuer, subject and key. So the event stream itself remembers keys, for ever and across restarts, and no
 * caller can hit the id of another.
 */
export function requestIdFor({ issuer, subject }: Principal, idempotencyKey: string): string {
  const name = JSON.stringify(['drawbridge access request', issuer, subject, idempotencyKey]);
  const bytes = createHash('sha256').update(name).digest().subarray(0, 16);
  bytes.writeUInt8((bytes.readUInt8(6) & 0x0f) | 0x80, 6);
  bytes.writeUInt8((bytes.readUInt8(8) & 0x3f) | 0x80, 8);
  return stringify(bytes);
}

/** SHA-256 (hex) of what is asked, whatever the order of its fields. */
export function digestOf(request: AccessRequestInput): string {
  return createHash('sha256').update(canonicalJson(request)).digest('hex');
}

/**
 * Names what is asked for, and where: requests that differ only in their time or their words are for the same,
 * and those on behalf of different humans are not.
 * Shortened, since it is compared within the requests of one requester only.
 */
export function scopeDigest({ connection, scope, onBehalfOf }: AccessRequestInput): string {
  const text = canonicalJson({ connection, scope, ...(onBehalfOf && { onBehalfOf }) });
  return createHash('sha256').update(text).digest('base64url').slice(0, 22);
}
