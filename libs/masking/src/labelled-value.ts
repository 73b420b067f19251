import { latin1 } from './latin1.js';
import { PLACEHOLDER_PREFIX } from './placeholder.js';
import { classOf, VALUE_END } from './text-class.js';
import type { TextWindow } from './text-window.js';

/** What stands behind a label. */
export interface LabelledValue {
  readonly start: number;
  readonly end: number;
  readonly isSecret: boolean;
}

const MAX_GAP = 4;
const [SPACE, TAB, BACKSLASH, NEWLINE, EQUALS, GREATER] = [0x20, 0x09, 0x5c, 0x0a, 0x3d, 0x3e];
const QUOTES = new Set([0x22, 0x27]);
/** Of `Authorization`: what comes next is the secret. */
const schemes = /^(?:bearer|basic|token|digest|negotiate)[ \t]+/i;
const LONGEST_SCHEME = 24;
/** References, templates, and words for nothing. */
const noSecret =
  /^(?:$|\$(?:[({]|$)|[{[<*%]|(?:null|nil|none|true|false|undefined|yes|no|n\/a|redacted)$)/i;

/**
 * The value behind the `=` or `:` of a label: what stands in quotes, or up to the next space or mark.
 *
 * @param from - behind the `=` or `:`
 * @param label - where the label begins
 * @returns `undefined` when it is not known yet
 */
export function labelledValue(
  window: TextWindow,
  from: number,
  label: number,
): LabelledValue | undefined {
  const { bytes } = window;
  const reach = window.reach(label);
  const open = window.isOpen(label);
  const { at, quote, isInner } = beginOf(bytes, from, reach);
  const head = latin1(bytes, at, Math.min(reach, at + LONGEST_SCHEME));
  const scheme = schemes.exec(head)?.[0].length ?? 0;
  // Not even the scheme is complete, or what follows it has not come.
  if (open && at + Math.max(scheme, 1) >= reach) return undefined;
  const start = at + scheme;
  const quoted = bytes.subarray(0, reach);
  const end =
    quote === 0 ? endOfWord(bytes, start, reach) : endOfQuote(quoted, start, { quote, isInner });
  if (end === reach && open) return undefined;
  const text = latin1(bytes, start, Math.min(end, start + 64));
  const isSecret = !noSecret.test(text) && !text.startsWith(PLACEHOLDER_PREFIX);
  return { start, end, isSecret };
}

interface Quote {
  readonly quote: number;
  /** In another quotation, so that it is escaped. */
  readonly isInner: boolean;
}

function beginOf(bytes: Uint8Array, from: number, reach: number): Quote & { at: number } {
  const at = skipGap(bytes, from, reach);
  const isInner = bytes[at] === BACKSLASH;
  const open = isInner ? at + 1 : at;
  const quote = bytes[open] ?? 0;
  if (open >= reach || !QUOTES.has(quote)) return { at, quote: 0, isInner: false };
  return { at: open + 1, quote, isInner };
}

function skipGap(bytes: Uint8Array, from: number, reach: number): number {
  const isDouble = bytes[from] === EQUALS || bytes[from] === GREATER;
  let at = isDouble ? from + 1 : from;
  // `token= other=1` says that there is none; `token = x` says x.
  const isTight = bytes[from - 1] === EQUALS && !isDouble && bytes[from - 2] !== SPACE;
  const stop = isTight ? at : Math.min(reach, at + MAX_GAP);
  while (at < stop && (bytes[at] === SPACE || bytes[at] === TAB)) at += 1;
  return at;
}

function endOfWord(bytes: Uint8Array, start: number, reach: number): number {
  let at = start;
  while (at < reach && ((classOf[bytes[at] ?? 0] ?? 0) & VALUE_END) === 0) at += 1;
  return at;
}

function endOfQuote(bytes: Uint8Array, start: number, { quote, isInner }: Quote): number {
  let at = start;
  while (at < bytes.length && bytes[at] !== NEWLINE && bytes[at] !== quote) {
    if (bytes[at] === BACKSLASH) {
      if (isInner && bytes[at + 1] === quote) return at;
      at += 1;
    }
    at += 1;
  }
  return Math.min(at, bytes.length);
}
