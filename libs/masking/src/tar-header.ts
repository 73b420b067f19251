import { latin1 } from './latin1.js';

/** Everything in an archive comes in blocks of it. */
export const BLOCK_BYTES = 512;
const [CHECKSUM_AT, CHECKSUM_END, TYPE_AT] = [148, 156, 156];
const [SIZE_AT, SIZE_END] = [124, 136];
const SPACE = 0x20;
/** Of a number that is not in octal digits: the rest of the field is the number. */
const BINARY = 0x80;

type Range = readonly [start: number, end: number];
/** Mode, uid, gid, size, time, checksum: numbers, so nothing is masked in them. */
const numbers: readonly Range[] = [
  [100, 108],
  [108, 116],
  [116, 124],
  [SIZE_AT, SIZE_END],
  [136, 148],
  [CHECKSUM_AT, CHECKSUM_END],
];
const NAME: Range = [0, 100];
const LINK: Range = [157, 257];
const PREFIX: Range = [345, 500];
/** Name; link and magic apart; user; group; devices, prefix and what else is there. */
const texts: readonly Range[] = [
  NAME,
  LINK,
  [257, 265],
  [265, 297],
  [297, 329],
  [329, 345],
  PREFIX,
  [500, BLOCK_BYTES],
];
const SLASH = Buffer.from('/');
const STAR = 0x2a;

const empty = /^[1-6]$/;

/** What of a header says how the archive goes on. */
export interface TarHeader {
  /** One character: `0` a file, `x` and `g` attributes of pax, `L` and `K` long names of GNU. */
  readonly type: string;
  readonly size: number;
  /** So many bytes stand behind it. Links, devices, directories and pipes have none, whatever is said of their size. */
  readonly hasContent: boolean;
}

/** @returns `undefined` for what is no header */
export function readTarHeader(block: Uint8Array): TarHeader | undefined {
  if (!isChecked(block) || !numbers.every((range) => isNumber(block, range))) return undefined;
  const type = latin1(block, TYPE_AT, TYPE_AT + 1);
  const size = numberAt(block, SIZE_AT, SIZE_END);
  if (!Number.isSafeInteger(size) || size < 0) return undefined;
  return { type, size, hasContent: !empty.test(type) };
}

/** What a header calls its entry, and who may read it. */
export function nameAndMode(block: Uint8Array): { readonly name: string; readonly mode: number } {
  const isUstar = latin1(block, 257, 262) === 'ustar';
  const isGnu = latin1(block, 262, 265) === '  \0' || latin1(block, 262, 264) === ' \0';
  // Where POSIX has the beginning of a long name, GNU has times.
  const prefix = isUstar && !isGnu ? filled(block.subarray(...PREFIX)) : NO_BYTES;
  const parts = [prefix, filled(block.subarray(...NAME))].filter(({ length }) => length > 0);
  const name = parts.map((part) => Buffer.from(part).toString('utf8')).join('/');
  return { name, mode: numberAt(block, 100, 108) };
}

const NO_BYTES = new Uint8Array(0);

/**
 * Masks what is text in a header, where it stands.
 *
 * @param hidesNames - what the entry is called is said elsewhere, and was masked there: the header may have the
 *   beginning of it, too short to be known for what it is
 * @returns how many values were replaced
 */
export function maskTarHeader(
  block: Uint8Array,
  hidesNames: boolean,
  mask: (text: Uint8Array) => number,
): number {
  let masked = maskPath(block, mask);
  for (const range of texts) masked += mask(block.subarray(...range));
  if (hidesNames) for (const range of [NAME, LINK, PREFIX]) hide(block.subarray(...range));
  if (masked > 0 || hidesNames) writeChecksum(block);
  return masked;
}

/** A long name is two fields, and what is secret may be in both. */
function maskPath(block: Uint8Array, mask: (text: Uint8Array) => number): number {
  const [prefix, name] = [filled(block.subarray(...PREFIX)), filled(block.subarray(...NAME))];
  if (prefix.length === 0) return 0;
  const path = Buffer.concat([prefix, SLASH, name]);
  const masked = mask(path);
  if (masked === 0) return 0;
  prefix.set(path.subarray(0, prefix.length));
  name.set(path.subarray(prefix.length + 1));
  return masked;
}

/** Up to its NUL. */
function filled(field: Uint8Array): Uint8Array {
  const end = field.indexOf(0);
  return end < 0 ? field : field.subarray(0, end);
}

function hide(field: Uint8Array): void {
  for (let at = 0; at < field.length; at += 1) if (field[at] !== 0) field[at] = STAR;
}

function writeChecksum(block: Uint8Array): void {
  const sum = sumOf(block, (byte) => byte);
  block.set(Buffer.from(`${sum.toString(8).padStart(6, '0')}\0 `), CHECKSUM_AT);
}

function isChecked(block: Uint8Array): boolean {
  const said = numberAt(block, CHECKSUM_AT, CHECKSUM_END);
  // Some old programs summed up bytes with a sign.
  const signed = (byte: number) => (byte < BINARY ? byte : byte - 256);
  return said === sumOf(block, (byte) => byte) || said === sumOf(block, signed);
}

function sumOf(block: Uint8Array, valueOf: (byte: number) => number): number {
  let sum = (CHECKSUM_END - CHECKSUM_AT) * SPACE;
  for (let at = 0; at < block.length; at += 1) {
    if (at < CHECKSUM_AT || at >= CHECKSUM_END) sum += valueOf(block[at] ?? 0);
  }
  return sum;
}

const isNumber = (block: Uint8Array, [start, end]: Range): boolean =>
  isBinary(block, start) || /^ *[0-7]*[ \0]*$/.test(latin1(block, start, end));

const isBinary = (block: Uint8Array, at: number): boolean => ((block[at] ?? 0) & BINARY) !== 0;

function numberAt(block: Uint8Array, start: number, end: number): number {
  if (!isBinary(block, start))
    return Number.parseInt(latin1(block, start, end).replaceAll(/[ \0]/g, '') || '0', 8);
  let number = (block[start] ?? 0) & (BINARY - 1);
  for (let at = start + 1; at < end; at += 1) number = number * 256 + (block[at] ?? 0);
  return number;
}
