import { randomUUID } from 'node:crypto';

/** A UUIDv7 (RFC 9562): sorts by `at`, the rest is random. For ids of events, requests and commands. */
export function uuidV7(at: Date): string {
  const time = at.getTime().toString(16).padStart(12, '0');
  // Version 4 is random where version 7 is, and Node keeps random bytes at hand for it: every call needs one.
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
}
