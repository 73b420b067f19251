import { latin1 } from './latin1.js';
import { MAX_HELD_BYTES, type TextWindow } from './text-window.js';

const BEGIN = '-----BEGIN';
const END = Buffer.from('-----END');
const PRIVATE = 'PRIVATE KEY';
/** Behind `-----BEGIN`, where it is said what it is. */
const MAX_TITLE_BYTES = 48;
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
  const reach = window.reach(at);
  const title = latin1(bytes, at, Math.min(reach, at + BEGIN.length + MAX_TITLE_BYTES));
  const isPrivate = title.slice(BEGIN.length).split(CLOSING)[0]?.includes(PRIVATE) === true;
  const text = Buffer.from(bytes.buffer, bytes.byteOffset + at, reach - at);
  const from = text.indexOf(END, BEGIN.length);
  const foreign = foreignAt(text, BEGIN.length, from < 0 ? text.length : from);
  if (foreign >= 0) return { end: at + foreign, isPrivate };
  if (from < 0) return window.isOpen(at) ? undefined : { end: reach, isPrivate };
  const closing = text.indexOf(CLOSING, from + END.length);
  const isNear = closing >= 0 && closing - from < MAX_TITLE_BYTES + END.length;
  if (isNear) return { end: at + closing + CLOSING.length, isPrivate };
  const isLong = text.length - from > MAX_TITLE_BYTES + END.length;
  return isLong || !window.isOpen(at) ? { end: at + from + END.length, isPrivate } : undefined;
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
