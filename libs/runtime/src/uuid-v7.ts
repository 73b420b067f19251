import { randomUUID } from 'node:crypto';

let lastTime = Number.NaN;
let lastPrefix = '';

/** A UUIDv7 (RFC 9562): sorts by `at`, the rest is random. For ids of events, requests and commands. */
export function uuidV7(at: Date): string {
  const time = at.getTime();
  if (time !== lastTime) {
    // Many calls fall into one millisecond.
    const digits = time.toString(16).padStart(12, '0');
    lastPrefix = `${digits.slice(0, 8)}-${digits.slice(8)}-7`;
    lastTime = time;
  }
  // Version 4 is random where version 7 is, and Node keeps random bytes at hand for it: every call needs one.
  return lastPrefix + randomUUID().slice(15);
}
