import { classOf, LETTER_OR_DIGIT } from './text-class.js';
import type { Step, TextWindow } from './text-window.js';

const [LOWER_E, LOWER_Y, UPPER_J, DOT, DASH, UNDERSCORE] = [0x65, 0x79, 0x4a, 0x2e, 0x2d, 0x5f];
const MIN_PART_BYTES = 4;

const isDigit = (byte: number): boolean =>
  ((classOf[byte] ?? 0) & LETTER_OR_DIGIT) !== 0 || byte === DASH || byte === UNDERSCORE;

/**
 * The end of a JWT or JWE that begins at `at`: `{"` in base64url, and two or more dots.
 *
 * @returns `at` when there is none, `undefined` when that is not known yet
 */
export function webTokenEnd(window: TextWindow, at: number): Step {
  const { bytes } = window;
  if (!isBegin(bytes, at)) return at;
  const { parts, begin, next } = readParts(bytes, at, window.reach(at));
  if (next === window.end && window.isOpen(at)) return undefined;
  if (parts < 2) return at;
  // A dot behind it ends a sentence; an unsigned token is over at its dot.
  return next === begin && parts > 2 ? next - 1 : next;
}

/** Parts with dots between them; none when the first one is too short. */
function readParts(bytes: Uint8Array, at: number, reach: number) {
  let parts = 0;
  let begin = at;
  let next = endOfPart(bytes, at, reach);
  if (next < reach && next - at < MIN_PART_BYTES) return { parts, begin, next };
  while (next < reach && bytes[next] === DOT) {
    parts += 1;
    begin = next + 1;
    next = endOfPart(bytes, begin, reach);
  }
  return { parts, begin, next };
}

const isBegin = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === LOWER_E && bytes[at + 1] === LOWER_Y && bytes[at + 2] === UPPER_J;

function endOfPart(bytes: Uint8Array, at: number, reach: number): number {
  let next = at;
  while (next < reach && isDigit(bytes[next] ?? 0)) next += 1;
  return next;
}
