import type { Slice } from '@drawbridge/json-stream';
import { classAt, DIGIT, LETTER_OR_DIGIT } from './text-class.js';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const [SPACE, DASH, DOT, ZERO] = [0x20, 0x2d, 0x2e, 0x30];
/** First digits of the networks there are: 2 to 6. */
const [FIRST_NETWORK, LAST_NETWORK] = [0x32, 0x36];

/** Only what comes next can tell. */
export const UNDECIDED = 0;
export const NO_CARD = -1;

/**
 * The end of a card's number that begins at `at`: 13 to 19 digits of which the first says a network, with the right
 * check digit; in groups with a space or dash between, or not.
 *
 * @param isLast - nothing comes behind `end`
 */
export function cardEnd(bytes: Uint8Array, at: number, [end, isLast]: [number, boolean]): number {
  if (!isNetwork(bytes[at] ?? 0)) return NO_CARD;
  let digits = 0;
  for (let next = at; digits <= MAX_DIGITS; next += 1) {
    if (next >= end && !isLast) return UNDECIDED;
    const kind = kindAt(bytes, next, end);
    if (kind === DIGIT) digits += 1;
    else if (kind === 0 && isCardOf(digits, bytes.subarray(at, next))) return next;
    else if (!isGap(bytes, next, [end, isLast])) return NO_CARD;
  }
  return NO_CARD;
}

/** Where the digit before the decimal point stands, of what begins behind one at `at`; `at` itself of anything else. */
export function decimalStart({ bytes, start }: Pick<Slice, 'bytes' | 'start'>, at: number): number {
  const isBehind = at - 2 >= start && bytes[at - 1] === DOT;
  return isBehind && (classAt(bytes, at - 2) & DIGIT) !== 0 ? at - 2 : at;
}

/** Whether the digits from `at` on are those behind the decimal point of a number, which has no gaps there. */
export function isFraction(text: Slice, at: number): boolean {
  if (decimalStart(text, at) === at) return false;
  for (let each = at; each < text.end; each += 1) {
    if ((classAt(text.bytes, each) & DIGIT) === 0) return false;
  }
  return true;
}

const isNetwork = (byte: number): boolean => byte >= FIRST_NETWORK && byte <= LAST_NETWORK;

/** Most numbers are too short to be looked at. */
function isCardOf(digits: number, bytes: Uint8Array): boolean {
  if (digits < MIN_DIGITS) return false;
  return isCard(Array.from(bytes, (byte) => byte - ZERO).filter((digit) => digit >= 0));
}

const kindAt = (bytes: Uint8Array, at: number, end: number): number =>
  at < end ? classAt(bytes, at) & LETTER_OR_DIGIT : 0;

/** Whether a space or dash stands there, and then a digit, as far as that is known. */
function isGap(bytes: Uint8Array, at: number, [end, isLast]: [number, boolean]): boolean {
  if (at >= end || (bytes[at] !== SPACE && bytes[at] !== DASH)) return false;
  return at + 1 < end ? (classAt(bytes, at + 1) & DIGIT) !== 0 : !isLast;
}

/** 13 to 19 digits, Luhn's check digit, and not all the same. */
export function isCard(digits: readonly number[]): boolean {
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return false;
  const sum = digits.toReversed().reduce((total, digit, index) => {
    const twice = digit * 2;
    return total + (index % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0 && new Set(digits).size > 1;
}
