/**
 * Reads tokens of JSON for as long as nobody has to be told of one, in AssemblyScript: see src/skimmer.ts, which calls
 * it, and says what stands where in memory. It never judges: whatever it does not know it leaves to JsonScanner.
 */

// Places in memory, as in src/kernel-memory.ts.
const IS_OBJECT: i32 = 0;
const NODES: i32 = 512;
const PLAIN_LOW: i32 = 1040;
const PLAIN_HIGH: i32 = 1056;
const LABEL_LOW: i32 = 1072;
const LABEL_HIGH: i32 = 1088;
const OUT: i32 = 1152;
const LOWER: i32 = 2048;
const SCALAR_ENDS: i32 = 2304;
const SCALARS: i32 = 4096;
const NAMES: i32 = 16384;

const MAX_DEPTH: i32 = 256;
const NODE_BYTES: i32 = 80;
const LONG_KEY: i32 = 32;
const MEMBER_BYTES: i32 = 8;

// What is expected next.
const VALUE: i32 = 0;
const FIRST_ELEMENT: i32 = 1;
const FIRST_KEY: i32 = 2;
const KEY: i32 = 3;
const COLON: i32 = 4;
const BEHIND: i32 = 5;

// What a rule says of a place.
const TELL_STRING: i32 = 1;
const PLAIN_STAYS: i32 = 2;
const IF_NOT_NAMED: i32 = 4;
const TELL_SCALAR: i32 = 8;
const TELL_OBJECT: i32 = 16;
const TELL_ARRAY: i32 = 32;
const TELL_INSIDE: i32 = 64;
const LABEL: i32 = 128;
const IF_NOT_LABELLED: i32 = 256;

let tree: i32 = 0;
let shortBytes: i32 = 0;
/** Place in the table of the function that knows of longer strings; 0: nobody does. */
let longer: i32 = 0;
/** The string that was read last has an escape, or something that is no ASCII. */
let isSimple: bool = true;

export function use(at: i32, short: i32, knows: i32): void {
  tree = at;
  shortBytes = short;
  longer = knows;
}

@inline
function flagsOf(node: i32): i32 {
  return load<u16>(tree + node * NODE_BYTES + 4);
}

/** Behind the closing quote; 0 when the chunk ends before it. */
function endOfString(from: i32, end: i32): i32 {
  const quotes = i8x16.splat(0x22);
  const slashes = i8x16.splat(0x5c);
  let at = from;
  isSimple = true;
  while (at < end) {
    const block = v128.load(at);
    let marks = i8x16.bitmask(v128.or(i8x16.eq(block, quotes), i8x16.eq(block, slashes)));
    if (i8x16.bitmask(block) != 0) isSimple = false;
    if (marks == 0) {
      at += 16;
      continue;
    }
    at += ctz(marks);
    if (at >= end) return 0;
    if (load<u8>(at) == 0x22) return at + 1;
    isSimple = false;
    at += 2;
  }
  return 0;
}

/** Whether a string holds nothing that a rule could look for. */
@inline
function isPlain(from: i32, stop: i32): bool {
  const length = stop - from;
  if (length <= shortBytes) return !holds(from, length, PLAIN_LOW, PLAIN_HIGH);
  return longer != 0 && call_indirect<i32>(longer, from, length) == 0;
}

/** Whether one of up to 16 bytes is among those of two tables, see src/skimmer.ts. */
@inline
function holds(from: i32, length: i32, lows: i32, highs: i32): bool {
  const block = v128.load(from);
  const low = i8x16.swizzle(v128.load(lows), v128.and(block, i8x16.splat(15)));
  const high = i8x16.swizzle(v128.load(highs), i8x16.shr_u(block, 4));
  const marked = i8x16.ne(v128.and(low, high), i8x16.splat(0));
  return (i8x16.bitmask(marked) & ((1 << length) - 1)) != 0;
}

/** Whether a name may be one by which values are known. */
@inline
function mayName(from: i32, stop: i32): bool {
  if (stop - from < 2) return false;
  const last = <i32>load<u8>(LOWER + load<u8>(stop - 1));
  const before = <i32>load<u8>(LOWER + load<u8>(stop - 2));
  return load<u8>(NAMES + ((before << 8) | last)) != 0;
}

/** The place of a member. */
function childOf(node: i32, from: i32, stop: i32): i32 {
  const record = tree + node * NODE_BYTES;
  const length = stop - from;
  const bucket = (length < LONG_KEY ? length : LONG_KEY) << 1;
  let member = <i32>load<u16>(record + 8 + bucket);
  const last = <i32>load<u16>(record + 10 + bucket);
  while (member < last) {
    const entry = tree + member * MEMBER_BYTES;
    if (<i32>load<u16>(entry + 4) == length && isKey(tree + load<i32>(entry), from, length)) {
      return load<u16>(entry + 6);
    }
    member += 1;
  }
  return load<u16>(record);
}

@inline
function isKey(key: i32, name: i32, length: i32): bool {
  for (let at = 0; at < length; at += 1) {
    if (load<u8>(key + at) != load<u8>(LOWER + load<u8>(name + at))) return false;
  }
  return true;
}

/** Behind a number or word; 0 when it is none, or the chunk ends before that is known. */
function endOfScalar(from: i32, end: i32): i32 {
  let state: i32 = 0;
  let at = from;
  while (at < end) {
    const next = <i32>load<u8>(SCALARS + ((state << 8) | <i32>load<u8>(at)));
    if (next == 0) return load<u8>(SCALAR_ENDS + state) != 0 ? at : 0;
    state = next;
    at += 1;
  }
  return 0;
}

/** @returns where it stopped: before the token that somebody has to be told of, or at the end */
export function skim(from: i32, end: i32, limit: i32): i32 {
  let at = from;
  let depth = load<i32>(OUT);
  let state = load<i32>(OUT, 4);
  let next = load<i32>(OUT, 8);
  let isObject = load<u8>(IS_OBJECT + depth) != 0;
  let active = <i32>load<u16>(NODES + (depth << 1));
  let keyAt = 0;
  let keyEnd = 0;
  let keyDepth = 0;
  let lowest = depth;
  let opened = MAX_DEPTH + 2;
  let stringEnd = 0;
  let labelAt = 0;
  let labelEnd = 0;
  let labelDepth = 0;
  let saysNothing = false;
  let isUsed = 0;
  while (at < end) {
    const byte = <i32>load<u8>(at);
    if (byte <= 0x20) {
      if (byte != 0x20 && byte != 0x0a && byte != 0x0d && byte != 0x09) break;
      at += 1;
      continue;
    }
    if (byte == 0x22) {
      if (state > KEY) break;
      const stop = endOfString(at + 1, end);
      if (stop == 0) break;
      if (state >= FIRST_KEY) {
        if (active != 0) {
          if (!isSimple) break;
          next = childOf(active, at + 1, stop - 1);
          keyAt = at + 1;
          keyEnd = stop - 1;
          keyDepth = depth;
        }
        at = stop;
        state = COLON;
        if (at < end && load<u8>(at) == 0x3a) {
          at += 1;
          state = VALUE;
        }
        continue;
      }
      if (next != 0) {
        const flags = flagsOf(next);
        if ((flags & TELL_STRING) != 0) {
          let stays = (flags & PLAIN_STAYS) != 0 && isSimple;
          // What a label says is looked for in short ones only.
          if ((flags & LABEL) != 0 && stop - at - 2 > shortBytes) stays = false;
          // In an array nothing has a name; a name from an earlier chunk is known to others.
          if (stays && (flags & IF_NOT_NAMED) != 0 && isObject) {
            stays = keyAt != 0 && keyDepth == depth && !mayName(keyAt, keyEnd);
          }
          // Last of what costs nothing: a longer one is looked through.
          if (stays && (flags & IF_NOT_LABELLED) != 0) {
            stays = labelAt != 0 && labelDepth == depth && saysNothing;
          }
          if (stays) stays = isPlain(at + 1, stop - 1);
          if (stays && (flags & LABEL) != 0) {
            // Of a second one others say whether there may be one: also of one behind what they were told of, in a
            // container that was open then. And of one further out they have to be told first.
            if (opened > depth || (labelAt != 0 && labelDepth <= depth)) stays = false;
            else {
              labelAt = at + 1;
              labelEnd = stop - 1;
              labelDepth = depth;
              saysNothing = !holds(labelAt, labelEnd - labelAt, LABEL_LOW, LABEL_HIGH);
              isUsed = 0;
            }
          }
          if (stays && (flags & IF_NOT_LABELLED) != 0) isUsed = 1;
          if (!stays) {
            stringEnd = stop;
            break;
          }
        }
        next = 0;
      }
      at = stop;
      state = BEHIND;
      continue;
    }
    if (byte == 0x2c) {
      if (state != BEHIND) break;
      at += 1;
      if (isObject) state = KEY;
      else {
        state = VALUE;
        if (active != 0) next = load<u16>(tree + active * NODE_BYTES + 2);
      }
      continue;
    }
    if (byte == 0x7b || byte == 0x5b) {
      if (state > FIRST_ELEMENT || depth == MAX_DEPTH) break;
      const opens = byte == 0x7b;
      if (next != 0 && (flagsOf(next) & (opens ? TELL_OBJECT : TELL_ARRAY)) != 0) break;
      depth += 1;
      if (depth < opened) opened = depth;
      if (labelDepth >= depth) labelAt = 0;
      isObject = opens;
      store<u8>(IS_OBJECT + depth, opens ? 1 : 0);
      store<u16>(NODES + (depth << 1), next);
      active = next;
      if (opens) {
        next = 0;
        state = FIRST_KEY;
      } else {
        if (active != 0) next = load<u16>(tree + active * NODE_BYTES + 2);
        state = FIRST_ELEMENT;
      }
      at += 1;
      continue;
    }
    if (byte == 0x7d || byte == 0x5d) {
      if (depth - 1 <= limit) break;
      if (byte == 0x7d ? !isObject || (state != BEHIND && state != FIRST_KEY)
                       : isObject || (state != BEHIND && state != FIRST_ELEMENT)) break;
      depth -= 1;
      if (depth < lowest) lowest = depth;
      isObject = load<u8>(IS_OBJECT + depth) != 0;
      active = <i32>load<u16>(NODES + (depth << 1));
      next = 0;
      at += 1;
      state = BEHIND;
      if (active != 0 && (flagsOf(active) & TELL_INSIDE) != 0) break;
      continue;
    }
    if (byte == 0x3a) {
      if (state != COLON) break;
      at += 1;
      state = VALUE;
      continue;
    }
    if (state > FIRST_ELEMENT) break;
    const stop = endOfScalar(at, end);
    if (stop == 0) break;
    if (next != 0) {
      const flags = flagsOf(next);
      if ((flags & TELL_SCALAR) != 0) {
        if ((flags & PLAIN_STAYS) == 0 || stop - at > shortBytes) break;
        if ((flags & IF_NOT_LABELLED) != 0) {
          if (labelAt == 0 || labelDepth != depth || !saysNothing) break;
          isUsed = 1;
        }
      }
      next = 0;
    }
    at = stop;
    state = BEHIND;
  }
  store<i32>(OUT, depth);
  store<i32>(OUT, state, 4);
  store<i32>(OUT, next, 8);
  store<i32>(OUT, keyDepth == depth ? keyAt : 0, 12);
  store<i32>(OUT, keyEnd, 16);
  store<i32>(OUT, lowest, 20);
  store<i32>(OUT, opened, 24);
  store<i32>(OUT, stringEnd, 28);
  store<i32>(OUT, isSimple ? 1 : 0, 32);
  store<i32>(OUT, labelAt, 36);
  store<i32>(OUT, labelEnd, 40);
  store<i32>(OUT, labelDepth, 44);
  store<i32>(OUT, isUsed, 48);
  return at;
}
