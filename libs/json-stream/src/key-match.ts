import { BACKSLASH } from './byte-kind.js';
import type { Slice } from './text-buffer.js';

/** ASCII bytes in lower case; all others as they are. */
export const lower: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x41 && byte <= 0x5a ? byte + 32 : byte,
);

/**
 * Folds a name as Go's JSON decoder does when it looks for the field of a struct: Unicode simple folding, by
 * which the Kelvin sign is a `k` and the long s an `s`.
 *
 * @see `foldName` in encoding/json, fold.go
 */
export const foldKey = (name: string): string => name.toLowerCase().replaceAll('ſ', 's');

/** Whether a text is `key`, which is in lower case, but for ASCII case. */
export function isKey(key: Uint8Array, { bytes, start, end }: Slice): boolean {
  if (key.length !== end - start) return false;
  for (let index = 0; index < key.length; index += 1) {
    if (lower[bytes[start + index] ?? 0] !== key[index]) return false;
  }
  return true;
}

/** Whether the raw text of a string must be decoded before it can be compared: escapes, or bytes outside ASCII. */
export function needsDecoding({ bytes, start, end }: Slice): boolean {
  for (let index = start; index < end; index += 1) {
    const byte = bytes[index] ?? 0;
    if (byte >= 0x80 || byte === BACKSLASH) return true;
  }
  return false;
}

/** Native code takes longer to be called than this takes. */
const MAX_SHORT_BYTES = 64;

function asciiText(bytes: Uint8Array, start: number, end: number): string {
  let text = '';
  for (let at = start; at < end; at += 1) text += String.fromCharCode(bytes[at] ?? 0);
  return text;
}

const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });

/**
 * The text of a string, without its quotes, as any JSON decoder reads it: invalid UTF-8 becomes U+FFFD.
 *
 * @returns `undefined` when it is no JSON string
 */
export function decodeText(raw: Slice): string | undefined {
  const { bytes, start, end } = raw;
  if (end - start <= MAX_SHORT_BYTES && !needsDecoding(raw)) return asciiText(bytes, start, end);
  const text = utf8.decode(bytes.subarray(start, end));
  if (!needsDecoding(raw)) return text;
  try {
    const value: unknown = JSON.parse(`"${text}"`);
    return typeof value === 'string' ? value : undefined;
  } catch {
    return undefined;
  }
}
