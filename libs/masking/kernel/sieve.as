/**
 * Looks through a text sixteen bytes at a time for places where a secret may be, in AssemblyScript: see
 * src/text-sieve.ts, which calls it and looks at each of them again. It may say too much, never too little.
 */

// Places in the memory that it shares with the skimmer of documents, as in src/sieve-memory.ts.
const CLASSES: i32 = 3408128;
const FIRSTS: i32 = 3473408;
const ENDINGS: i32 = 3538944;
const OUT: i32 = 3604480;
const TEXT: i32 = 3670272;

const MAX_PLACES: i32 = 16384;
const MAX_HELD: i32 = 16384;
const SHORTEST_RUN: i32 = 20;
const SHORTEST_UNKNOWN: i32 = 24;
const SHORTEST_CARD: i32 = 13;
const MAX_GAP: i32 = 3;
const MAX_DIGITS: i32 = 16;

// What is said of a place.
const SUSPECT: i32 = 0;
const LABEL: i32 = 1;
const SIGN: i32 = 2;
const KNOWN: i32 = 3;

// Classes, as in src/text-class.ts, and one more.
const DIGIT: i32 = 2;
const GAP: i32 = 16;

let count: i32 = 0;
/** Where the text begins. */
let begin: i32 = 0;

function say(at: i32, what: i32): void {
  if (count < MAX_PLACES) store<i32>(OUT + count * 4, ((at - begin) << 2) | what);
  count += 1;
}

@inline
function byteAt(at: i32): i32 {
  return load<u8>(at);
}

@inline
function endsName(at: i32): bool {
  return load<u8>(ENDINGS + ((byteAt(at - 2) << 8) | byteAt(at - 1))) !== 0;
}

/** Whether what stands before an `=` or `:` may be the name of a secret. */
function mayBeLabel(sign: i32): bool {
  let at = sign;
  while (sign - at < MAX_GAP && (load<u8>(CLASSES + byteAt(at - 1)) & GAP) !== 0) at -= 1;
  const end = at;
  while (end - at < MAX_DIGITS && (load<u8>(CLASSES + byteAt(at - 1)) & DIGIT) !== 0) at -= 1;
  if (at === end) return endsName(at);
  if (end - at === MAX_DIGITS) return true;
  const last = byteAt(at - 1);
  const before = byteAt(at - 2);
  // `token_1`, `token-s1`, `tokenb64`.
  if (last === 0x2d || last === 0x5f || (last | 0x20) === 0x62) return true;
  return endsName(at) || before === 0x2d || before === 0x5f;
}

/** Whether what two letters stand for is there: `eyJ`, `ya29`, `BEGI`, `SG.`, `xox`, `xapp`, `hvs.`, `k8s-`. */
function isBeginning(at: i32, byte: i32): bool {
  const next = byteAt(at + 1);
  const third = byteAt(at + 2);
  if (byte === 0x79) return next === 0x4a ? byteAt(at - 1) === 0x65 : third === 0x32;
  if (byte === 0x45) return byteAt(at - 1) === 0x42 && third === 0x49;
  if (byte === 0x47) return byteAt(at - 1) === 0x53;
  if (byte === 0x78) return next === 0x6f ? third === 0x78 : third === 0x70;
  if (byte === 0x68) return byteAt(at + 3) === 0x2e;
  return byteAt(at - 1) === 0x6b && third === 0x2d;
}

function look(at: i32): void {
  const byte = byteAt(at);
  if (byte === 0x3d || byte === 0x3a) {
    if (mayBeLabel(at)) say(at, LABEL);
  } else if (byte === 0x40) say(at, SIGN);
  else if (isBeginning(at, byte)) say(at, SUSPECT);
}

@inline
function between(text: v128, first: i8, length: i8): i32 {
  return i8x16.bitmask(i8x16.lt_u(i8x16.sub(text, i8x16.splat(first)), i8x16.splat(length)));
}

/** A long run of letters, digits and what stands between them in tokens. */
function run(from: i32, stop: i32): void {
  const length = stop - from;
  // What is longer than anything held is cut in places that are not known here.
  if (length >= MAX_HELD) return say(from, SUSPECT);
  let small: i32 = 0;
  let capital: i32 = 0;
  let digit: i32 = 0;
  let before: i32 = 0;
  for (let at = from; at < stop; at += 16) {
    const text = v128.load(at);
    const inside = stop - at < 16 ? (1 << (stop - at)) - 1 : 0xffff;
    const smalls = between(text, 0x61, 26) & inside;
    const capitals = between(text, 0x41, 26) & inside;
    const digits = between(text, 0x30, 10) & inside;
    small |= smalls;
    capital |= capitals;
    digit |= digits;
    const isMixed = small !== 0 && capital !== 0 && digit !== 0;
    if (isMixed && length >= SHORTEST_UNKNOWN) return say(from, SUSPECT);
    const all = smalls | capitals | digits;
    // Where a known token may begin: not behind a letter or digit.
    let first = inside & ~((all << 1) | before);
    before = all >> 15;
    while (first !== 0) {
      const place = at + ctz(first);
      if (load<u8>(FIRSTS + ((byteAt(place) << 8) | byteAt(place + 1))) !== 0) say(place, KNOWN);
      first &= first - 1;
    }
  }
}

/** Digits with single gaps: each group may begin a card's number. */
function numbers(from: i32, stop: i32): void {
  let digits: i32 = 0;
  for (let at = from; at < stop; at += 1) digits += i32(byteAt(at) >= 0x30);
  if (digits < SHORTEST_CARD) return;
  let before: i32 = 0;
  for (let at = from; at < stop; at += 1) {
    const byte = byteAt(at);
    // Of the networks there are.
    if (before < 0x30 && byte >= 0x32 && byte <= 0x36) say(at, SUSPECT);
    before = byte;
  }
}

/** Classes of bytes, one bit each: rows of + - /, digits, capitals (two), small letters (two), = :, and @. */
const ROW_SIGNS: i8 = 1;
const ROW_DIGITS: i8 = 2;
const ROW_CAPITALS: i8 = 4;
const ROW_CAPITALS_MARK: i8 = 8;
const ROWS_SMALL: i8 = 48;
const ROWS_TOKEN: i8 = 63;

@inline
function low(text: v128): v128 {
  return v128.and(text, i8x16.splat(15));
}

@inline
function high(text: v128): v128 {
  return i8x16.shr_u(text, 4);
}

/** By the lower and the higher four bits. */
@inline
function classesOf(text: v128): v128 {
  const below = i8x16(-86, 62, 62, 62, 62, 62, 62, 62, 62, 62, 124, 21, 20, 85, 20, 29);
  const above = i8x16(0, 0, 1, 66, -124, 8, 16, 32, 0, 0, 0, 0, 0, 0, 0, 0);
  return v128.and(i8x16.swizzle(below, low(text)), i8x16.swizzle(above, high(text)));
}

/**
 * All beginnings with a letter more than the two that are looked for are told apart by it. One bit each, of the letter and
 * the next one: `yJ`, `ya`, `xo`, `xa`, `EG`, `G.`, `hv`, `8s`.
 */
@inline
function beginnings(text: v128, next: v128): v128 {
  const firstLow = i8x16(0, 0, 0, 0, 0, 16, 0, 32, -52, 3, 0, 0, 0, 0, 0, 0);
  const firstHigh = i8x16(0, 0, 0, -128, 48, 0, 64, 15, 0, 0, 0, 0, 0, 0, 0, 0);
  const nextLow = i8x16(0, 10, 0, -128, 0, 0, 64, 16, 0, 0, 1, 0, 0, 0, 32, 4);
  const nextHigh = i8x16(0, 0, 32, 0, 17, 0, 14, -64, 0, 0, 0, 0, 0, 0, 0, 0);
  const first = v128.and(
    i8x16.swizzle(firstLow, low(text)),
    i8x16.swizzle(firstHigh, high(text)),
  );
  const second = v128.and(i8x16.swizzle(nextLow, low(next)), i8x16.swizzle(nextHigh, high(next)));
  return i8x16.ne(v128.and(first, second), i8x16.splat(0));
}

@inline
function isDigit(byte: i32): i32 {
  return i32(<u32>(byte - 0x30) < 10);
}

/** Digits, and gaps before them. */
@inline
function inNumbers(at: i32, text: v128, classes: v128): i32 {
  const digits = i8x16.bitmask(i8x16.eq(classes, i8x16.splat(ROW_DIGITS)));
  const blanks = v128.or(i8x16.eq(text, i8x16.splat(0x20)), i8x16.eq(text, i8x16.splat(0x2d)));
  return digits | (i8x16.bitmask(blanks) & ((digits >> 1) | (isDigit(byteAt(at + 16)) << 15)));
}

@inline
function has(classes: v128, rows: i8): bool {
  return v128.any_true(v128.and(classes, i8x16.splat(rows)));
}

/** @param classes - of all that is in it, and perhaps of more */
function runOf(from: i32, stop: i32, classes: v128): void {
  const isMixed =
    has(classes, ROW_DIGITS) && has(classes, ROW_CAPITALS) && has(classes, ROWS_SMALL);
  // One word: a known token could begin only where it does.
  const isWord = !has(classes, ROW_SIGNS | ROW_CAPITALS_MARK);
  if (isMixed || !isWord || stop - from >= MAX_HELD) run(from, stop);
  else if (load<u8>(FIRSTS + ((byteAt(from) << 8) | byteAt(from + 1))) !== 0) say(from, KNOWN);
}

/** Numbers that neither begin nor end beyond sixteen bytes: as many bits in a row as a card's number has bytes. */
@inline
function inside(at: i32, bits: i32): void {
  const two = bits & (bits >> 1);
  const four = two & (two >> 2);
  const eight = four & (four >> 4);
  const first = eight & (eight >> 5);
  if (first === 0) return;
  const from = ctz(first);
  const stop = from + ctz(~(bits >> from));
  if (stop < 16) numbers(at + from, at + stop);
}

/** @returns how many places it has said */
export function sieve(length: i32): i32 {
  lookThrough(TEXT, length);
  memory.fill(TEXT, 0, length);
  return count;
}

/**
 * Whether there may be anything in a value of a document, where that stands: what it is may also be said by the bracket
 * with which it begins, behind spaces.
 */
export function mayHold(from: i32, length: i32): i32 {
  const first = byteAt(from);
  if (first === 0x7b || first === 0x5b || first === 0x20) return 1;
  lookThrough(from, length);
  return count;
}

/** What stands before and behind the text may be anything that is no part of a word. */
function lookThrough(from: i32, length: i32): void {
  count = 0;
  begin = from;
  const end = from + length;
  // Bytes in a row up to here that may be of a token, or of a number.
  let letters: i32 = 0;
  let numeric: i32 = 0;
  let seen = i8x16.splat(0);
  for (let at = from; at < end; at += 16) {
    const text = v128.load(at);
    const next = v128.load(at, 1);
    const within = end - at < 16 ? (1 << (end - at)) - 1 : 0xffff;
    const classes = classesOf(text);
    // `@` by its highest bit, `=` and `:` by the one below.
    const marks = v128.or(v128.or(classes, i8x16.add(classes, classes)), beginnings(text, next));
    let found = i8x16.bitmask(marks) & within;
    while (found !== 0) {
      look(at + ctz(found));
      found &= found - 1;
    }
    const tokens = v128.and(classes, i8x16.splat(ROWS_TOKEN));
    const token = i8x16.bitmask(i8x16.ne(tokens, i8x16.splat(0))) & within;
    seen = v128.or(seen, classes);
    if (token === 0xffff) letters += 16;
    else {
      const more = ctz(~token);
      if (letters + more >= SHORTEST_RUN) runOf(at - letters, at + more, seen);
      letters = clz(~(token << 16));
      seen = classes;
    }
    const number = inNumbers(at, text, classes) & within;
    if (number === 0xffff) numeric += 16;
    else {
      const more = ctz(~number);
      if (numeric + more >= SHORTEST_CARD) numbers(at - numeric, at + more);
      inside(at, number & (-1 << more));
      numeric = clz(~(number << 16));
    }
  }
  if (letters >= SHORTEST_RUN) runOf(end - letters, end, seen);
  if (numeric >= SHORTEST_CARD) numbers(end - numeric, end);
}
