import { classOf, DIGIT, LETTER_OR_DIGIT } from './text-class.js';

const MIN_DIGITS = 13;
const MAX_DIGITS = 19;
const [SPACE, DASH, ZERO] = [0x20, 0x2d, 0x30];

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
  const first = (bytes[at] ?? 0) - ZERO;
  if (first < 2 || first > 6) return NO_CARD;
  const digits: number[] = [];
  for (let next = at; digits.length <= MAX_DIGITS; next += 1) {
    const byte = next < end ? bytes[next] : undefined;
    if (byte === undefined && !isLast) return UNDECIDED;
    if (isDigit(byte)) {
      digits.push((byte ?? 0) - ZERO);
      continue;
    }
    if (isCard(digits) && !isLetter(byte)) return next;
    const goesOn = (byte === SPACE || byte === DASH) && next + 1 < end;
    if (goesOn ? !isDigit(bytes[next + 1]) : byte !== SPACE && byte !== DASH) return NO_CARD;
    if (!goesOn && isLast) return NO_CARD;
  }
  return NO_CARD;
}

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && ((classOf[byte] ?? 0) & DIGIT) !== 0;
const isLetter = (byte: number | undefined): boolean =>
  byte !== undefined && ((classOf[byte] ?? 0) & LETTER_OR_DIGIT) !== 0;

/** 13 to 19 digits, Luhn's check digit, and not all the same. */
export function isCard(digits: readonly number[]): boolean {
  if (digits.length < MIN_DIGITS || digits.length > MAX_DIGITS) return false;
  const sum = digits.toReversed().reduce((total, digit, index) => {
    const twice = digit * 2;
    return total + (index % 2 === 0 ? digit : twice > 9 ? twice - 9 : twice);
  }, 0);
  return sum % 10 === 0 && new Set(digits).size > 1;
}
