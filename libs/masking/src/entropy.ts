import { classAt, DIGIT, LETTER_OR_DIGIT } from './text-class.js';

/** Shorter texts say too little. */
export const MIN_UNKNOWN_BYTES = 24;
/** Entropy of its letters beyond which a text is not written by people, in bits a letter. */
const MIN_BITS = 3.8;
/** How often letters of another kind follow; words and paths have one in six. */
const MIN_CHANGES = 0.36;
/** From here on one digit is enough. */
const LONG_BYTES = 32;
/** Looked at; what follows is the same. */
const MAX_BYTES = 256;

const counts = new Uint16Array(256);

/**
 * Whether a text without spaces looks drawn by chance, as keys and tokens do: capitals, small letters and digits
 * mixed. Hexadecimal digits and names of objects do not count: there are too many of them that are no secret.
 */
export function isUnknownToken(bytes: Uint8Array, start: number, end: number): boolean {
  const stop = Math.min(end, start + MAX_BYTES);
  if (stop - start < MIN_UNKNOWN_BYTES) return false;
  return isMixed(bytes, start, stop) && entropy(bytes, start, stop) >= MIN_BITS;
}

function isMixed(bytes: Uint8Array, start: number, end: number): boolean {
  let seen = 0;
  let changes = 0;
  let digits = 0;
  let last = 0;
  for (let at = start; at < end; at += 1) {
    const kind = classAt(bytes, at) & LETTER_OR_DIGIT;
    seen |= kind;
    if (kind === DIGIT) digits += 1;
    if (kind !== last) changes += 1;
    last = kind;
  }
  const length = end - start;
  const enoughDigits = digits >= (length < LONG_BYTES ? 2 : 1);
  return seen === LETTER_OR_DIGIT && enoughDigits && changes >= length * MIN_CHANGES;
}

function entropy(bytes: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) counts[bytes[at] ?? 0] = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    counts[byte] = (counts[byte] ?? 0) + 1;
  }
  const length = end - start;
  let bits = 0;
  for (let at = start; at < end; at += 1) {
    bits += Math.log2(length / (counts[bytes[at] ?? 0] ?? 1));
  }
  return bits / length;
}
