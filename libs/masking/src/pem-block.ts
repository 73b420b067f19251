import { latin1 } from './latin1.js';
import { classOf, LETTER_OR_DIGIT } from './text-class.js';
import { MAX_HELD_BYTES, type TextWindow } from './text-window.js';

const BEGIN = '-----BEGIN';
const END = Buffer.from('-----END');
const PRIVATE = 'PRIVATE KEY';
const [EQUALS, DASH] = [0x3d, 0x2d];
/** Of `-----BEGIN`. */
const LAST = 0x4e;
/** Behind `-----BEGIN`, where it is said what it is. */
const MAX_TITLE_BYTES = 48;
const NEAR_BYTES = 256;
const CLOSING = '-----';
/** `-----BEGIN` in base64, but for its last digit. */
const ENCODED_BEGIN = 'LS0tLS1CRUdJTi';
const ENCODED_TITLE_BYTES = 96;

export interface PemBlock {
  readonly end: number;
  readonly isPrivate: boolean;
}

export const beginsPem = (bytes: Uint8Array, at: number, stop: number): boolean =>
  stop - at >= BEGIN.length && latin1(bytes, at, at + BEGIN.length) === BEGIN;

export const PEM_BYTES = BEGIN.length;

/** Whether a block begins with the last bytes of a run. */
export const endsWithPem = (bytes: Uint8Array, at: number, stop: number): boolean =>
  bytes[stop - 1] === LAST && stop - at > PEM_BYTES && beginsPem(bytes, stop - PEM_BYTES, stop);

/**
 * The PEM block that begins at `at`, over all its lines, whatever stands before each of them or instead of line
 * ends. Ends where something stands that does not belong there, if `-----END` does not come.
 *
 * @returns `undefined` when that is not known yet
 */
export function pemBlock(window: TextWindow, at: number): PemBlock | undefined {
  const { bytes } = window;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, window.reach(at) - at);
  const isPrivate = isKeyTitle(latin1(text, BEGIN.length, BEGIN.length + MAX_TITLE_BYTES));
  const { last, foreign } = lastLine(text, isPrivate);
  // What only begins like a certificate hides nothing of what stands behind it.
  const none = { end: at + BEGIN.length, isPrivate };
  if (foreign >= 0) return isPrivate ? { end: at + foreign, isPrivate } : none;
  if (last < 0 && window.isOpen(at)) return undefined;
  if (last < 0) return isPrivate ? { end: at + text.length, isPrivate } : none;
  const behind = last + END.length;
  const title = text.subarray(0, behind + MAX_TITLE_BYTES);
  const closing = title.indexOf(CLOSING, behind);
  if (closing >= 0) return { end: at + closing + CLOSING.length, isPrivate };
  const isShort = text.length < behind + MAX_TITLE_BYTES;
  return isShort && window.isOpen(at) ? undefined : { end: at + behind, isPrivate };
}

const isKeyTitle = (title: string): boolean => title.split(CLOSING)[0]?.includes(PRIVATE) === true;

/** Where the last line begins, and the first byte in front of it that does not belong there; each -1 if there is none. */
function lastLine(text: Buffer, isPrivate: boolean): { last: number; foreign: number } {
  const find = isPrivate ? foreignAt : foreignOrLabelAt;
  // What is no block is mostly seen at once, without a search for its end.
  const near = find(text, BEGIN.length, Math.min(text.length, NEAR_BYTES));
  const last = (near < 0 ? text : text.subarray(0, near)).indexOf(END, BEGIN.length);
  return { last, foreign: find(text, BEGIN.length, last < 0 ? text.length : last) };
}

/** Base64, headers, line ends written as `\n`, and the times and marks that a log has before each line. */
const belongs = new Uint8Array(256);
for (const character of 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/=-_ \t\r\n\\:,."|') {
  belongs[character.charCodeAt(0)] = 1;
}

function foreignAt(text: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) if (belongs[text[at] ?? 0] === 0) return at;
  return -1;
}

/** The same, or what is no certificate: an `=` with a value behind it, or another beginning. */
function foreignOrLabelAt(text: Uint8Array, start: number, end: number): number {
  for (let at = start; at < end; at += 1) {
    const byte = text[at] ?? 0;
    if (belongs[byte] === 0 || (byte === EQUALS && isValue(text, at + 1, end))) return at;
    if (byte === DASH && beginsPem(text, at, end)) return at;
  }
  return -1;
}

const isValue = (text: Uint8Array, at: number, end: number): boolean =>
  at < end && ((classOf[text[at] ?? 0] ?? 0) & LETTER_OR_DIGIT) !== 0;

/**
 * Whether base64 holds a PEM block with a private key.
 *
 * @returns `undefined` when it holds no PEM
 */
export function isPrivatePem(bytes: Uint8Array, at: number, stop: number): boolean | undefined {
  if (latin1(bytes, at, at + ENCODED_BEGIN.length) !== ENCODED_BEGIN) return undefined;
  const digits = latin1(bytes, at, Math.min(stop, at + ENCODED_TITLE_BYTES));
  const isKey = Buffer.from(digits, 'base64').includes(PRIVATE);
  // Behind certificates there may be the key.
  if (isKey || stop - at > MAX_HELD_BYTES) return isKey;
  return Buffer.from(latin1(bytes, at, stop), 'base64').includes(PRIVATE);
}
