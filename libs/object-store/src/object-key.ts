import { hash } from 'node:crypto';
import { ObjectStoreError } from './object-store-error.js';

const SHA256 = /^[0-9a-f]{64}$/;

/**
 * Where an object stands below the root of its store: `sha256/ab/<rest>`. Made of nothing but digits, so no name can
 * lead anywhere else.
 */
export function objectKey(sha256: string): string {
  if (!SHA256.test(sha256)) throw new TypeError('expected a SHA-256 as 64 digits of hex');
  return `sha256/${sha256.slice(0, 2)}/${sha256.slice(2)}`;
}

/** @throws ObjectStoreError `object_damaged` */
export function requireHash(sha256: string, bytes: Uint8Array): void {
  if (hash('sha256', bytes, 'hex') === sha256) return;
  throw new ObjectStoreError('object_damaged', `object ${sha256} is not what was put there`);
}
