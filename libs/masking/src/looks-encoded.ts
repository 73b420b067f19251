import type { Scalar, Slice } from '@drawbridge/json-stream';
import { classOf, LETTER_OR_DIGIT } from './text-class.js';

const [EQUALS, PLUS, SLASH] = [0x3d, 0x2b, 0x2f];
const SHORTEST_PADDED = 4;
const SHORTEST = 8;
const NO_BASE64 = -1;

/**
 * Whether a text reads as base64 of something, as in a Secret that stands in another object, where what it is may come
 * after its values. Words of one kind of letters do not: they are in every `data` of something else.
 */
export function looksEncoded({ isString, raw }: Scalar): boolean {
  const length = raw.end - raw.start;
  if (!isString || length < SHORTEST_PADDED || length % 4 !== 0) return false;
  const stop = endOfDigits(raw);
  const kinds = kindsIn({ ...raw, end: stop });
  if (kinds === NO_BASE64) return false;
  return stop < raw.end || (length >= SHORTEST && isMixed(kinds));
}

/** Where the padding begins. */
function endOfDigits({ bytes, end }: Slice): number {
  if (bytes[end - 1] !== EQUALS) return end;
  return bytes[end - 2] === EQUALS ? end - 2 : end - 1;
}

/** Kinds of letters as bits. */
function kindsIn({ bytes, start, end }: Slice): number {
  let kinds = 0;
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    const kind = (classOf[byte] ?? 0) & LETTER_OR_DIGIT;
    if (kind === 0 && byte !== PLUS && byte !== SLASH) return NO_BASE64;
    kinds |= kind;
  }
  return kinds;
}

/** Whether there are two kinds or more: more than one bit. */
const isMixed = (kinds: number): boolean => (kinds & (kinds - 1)) !== 0;
