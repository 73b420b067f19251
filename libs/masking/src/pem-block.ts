import { latin1 } from './latin1.js';
import { MAX_HELD_BYTES, type TextWindow } from './text-window.js';

const BEGIN = '-----BEGIN';
const END = Buffer.from('-----END');
const PRIVATE = 'PRIVATE KEY';
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
  const { last, foreign } = lastLine(text);
  if (foreign >= 0) return { end: at + foreign, isPrivate };
  if (last < 0) return window.isOpen(at) ? undefined : { end: at + text.length, isPrivate };
  const behind = last + END.length;
  const title = text.subarray(0, behind + MAX_TITLE_BYTES);
  const closing = title.indexOf(CLOSING, behind);
  if (closing >= 0) return { end: at + closing + CLOSING.length, isPrivate };
  const isShort = text.length < behind + MAX_TITLE_BYTES;
  return isShort && window.isOpen(at) ? undefined : { end: at + behind, isPrivate };
}

const isKeyTitle = (title: string): boolean => title.split(CLOSING)[0]?.includes(PRIVATE) === true;

/** Where the last line begins, and the first byte in front of it that does not belong there; each -1 if there is none. */
function lastLine(text: Buffer): { last: number; foreign: number } {
  // What is no block is mostly seen at once, without a search for its end.
  const near = foreignAt(text, BEGIN.length, Math.min(text.length, NEAR_BYTES));
  const last = (near < 0 ? text : text.subarray(0, near)).indexOf(END, BEGIN.length);
  return { last, foreign: foreignAt(text, BEGIN.length, last < 0 ? text.length : last) };
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
