import type { Slice } from '@drawbridge/json-stream';
import type { Step } from './text-window.js';

const [ESCAPE, BRACKET] = [0x1b, 0x5b];
/** What is longer is none. */
const MAX_ESCAPE_BYTES = 64;
/** Of colours (`m`), of what erases (`J`, `K`) and of modes (`h`, `l`): they leave the cursor where it is. */
const STAYING = new Set(Buffer.from('mJKhl'));
/** Behind them comes a text of any length, as the title of a window: it is read like all other text. */
const BEFORE_TEXT = new Set(Buffer.from(']PX^_'));
const BLANK = Buffer.from(' ');

/** A sequence for a terminal in a text. */
export interface Escape {
  readonly start: number;
  readonly end: number;
  /** What comes behind it stands somewhere else; else right behind what came before. */
  readonly moves: boolean;
}

export const hasEscape = ({ bytes, start, end }: Slice): boolean => {
  const at = bytes.indexOf(ESCAPE, start);
  return at !== -1 && at < end;
};

/**
 * @param isLast - nothing comes behind it
 * @returns the sequences in order; and where the text ends but for what may become one
 */
export function escapesIn(
  { bytes, start, end }: Slice,
  isLast: boolean,
): { readonly escapes: readonly Escape[]; readonly end: number } {
  const escapes: Escape[] = [];
  let from = start;
  for (;;) {
    const at = bytes.indexOf(ESCAPE, from);
    if (at === -1 || at >= end) return { escapes, end };
    const last = lastByte(bytes, at, end);
    if (last === undefined && !isLast) return { escapes, end: at };
    from = at + 1;
    if (last === undefined || last === at) continue;
    const moves = isMove(bytes, at, last);
    // Some terminals have a shift in or out behind their colours.
    from = moves ? last + 1 : behind({ bytes, start, end }, last + 1, [0x0e, 0x0f]);
    escapes.push({ start: at, end: from, moves });
  }
}

/** @returns `at` when no sequence begins there, `undefined` when that is not known yet */
function lastByte(bytes: Uint8Array, at: number, end: number): Step {
  const text = { bytes, start: at, end: Math.min(end, at + MAX_ESCAPE_BYTES) };
  const isControl = at + 1 < end && bytes[at + 1] === BRACKET;
  const parameters = isControl ? behind(text, at + 2, [0x30, 0x3f]) : at + 1;
  const last = behind(text, parameters, [0x20, 0x2f]);
  if (last === text.end) return last - at === MAX_ESCAPE_BYTES ? at : undefined;
  const isPlain = last === at + 1;
  return isFinal(bytes[last] ?? 0, isControl) && !(isPlain && BEFORE_TEXT.has(bytes[last] ?? 0))
    ? last
    : at;
}

const isFinal = (byte: number, isControl: boolean): boolean =>
  byte >= (isControl ? 0x40 : 0x30) && byte <= 0x7e;

/** Of those without a bracket, such as have something between say which letters are drawn: `ESC ( B`. */
function isMove(bytes: Uint8Array, at: number, last: number): boolean {
  return bytes[at + 1] === BRACKET ? !STAYING.has(bytes[last] ?? 0) : last === at + 1;
}

/** Behind all bytes from `at` on that are in a range. */
function behind({ bytes, end }: Slice, at: number, [low, high]: readonly [number, number]): number {
  let stop = at;
  while (stop < end && (bytes[stop] ?? 0) >= low && (bytes[stop] ?? 0) <= high) stop += 1;
  return stop;
}

/** A text as it is read: without colours and the like, and with a blank where the cursor moves. */
export function readThrough({ bytes, start, end }: Slice, escapes: readonly Escape[]): Buffer {
  const pieces: Uint8Array[] = [];
  let at = start;
  for (const escape of escapes) {
    pieces.push(bytes.subarray(at, escape.start));
    if (escape.moves) pieces.push(BLANK);
    at = escape.end;
  }
  pieces.push(bytes.subarray(at, end));
  return Buffer.concat(pieces);
}
