/**
 * Reads lines of `COMMANDS` that have the one text of their record and writes their values as tab separated columns, in
 * one pass over the bytes: a hundred thousand commands a second are more than can be parsed into objects.
 *
 * It takes nothing that it does not know byte for byte. Every method says whether it found what it was asked for; after
 * a `false` the line is for somebody else. What it takes is UTF-8 (the caller has looked) and JSON, of which the columns
 * give back the same text.
 */
export class LineScanner {
  /** What is read, up to `end`. */
  bytes: Uint8Array = new Uint8Array();
  at = 0;
  end = 0;
  /** Where columns go. */
  out: Uint8Array = new Uint8Array();
  written = 0;

  /** Exactly these bytes. */
  literal(expected: Uint8Array): boolean {
    const { bytes, at } = this;
    const { length } = expected;
    if (at + length > this.end) return false;
    for (let index = 0; index < length; index += 1) {
      if (bytes[at + index] !== expected[index]) return false;
    }
    this.at = at + length;
    return true;
  }

  /** The inside of a string, and its closing quote. Escapes are those that both texts have, and `\"`. */
  text(): boolean {
    const { bytes, out, end } = this;
    let { at, written } = this;
    for (; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.at = at + 1;
        this.written = written;
        return true;
      }
      if (byte < SPACE) return false;
      if (byte === BACKSLASH) {
        at += 1;
        const escaped = bytes[at] ?? 0;
        if (!isEscape(escaped)) return false;
        if (escaped !== QUOTE) {
          out[written] = BACKSLASH;
          written += 1;
        }
        out[written] = escaped;
      } else {
        out[written] = byte;
      }
      written += 1;
    }
    return false;
  }

  /** The inside of a string that stands in an array, where quotes and escapes would mean something else. */
  plainText(): boolean {
    const { bytes, out, end } = this;
    let { at, written } = this;
    for (; at < end; at += 1) {
      const byte = bytes[at] ?? 0;
      if (byte === QUOTE) {
        this.at = at + 1;
        this.written = written;
        return true;
      }
      if (byte < SPACE || byte === BACKSLASH || byte === APOSTROPHE) return false;
      out[written] = byte;
      written += 1;
    }
    return false;
  }

  /** A whole number of at most `most` digits, as `JSON.stringify` writes it. */
  digits(most: number): boolean {
    const { bytes, out, end, at } = this;
    let next = at;
    for (; next < end && next - at <= most; next += 1) {
      const byte = bytes[next] ?? 0;
      if (byte < ZERO || byte > NINE) break;
      out[this.written + next - at] = byte;
    }
    const count = next - at;
    if (count === 0 || count > most || (count > 1 && bytes[at] === ZERO)) return false;
    this.at = next;
    this.written += count;
    return true;
  }

  /** A UUID in lower case, and the closing quote. */
  uuid(): boolean {
    const { bytes, at, out, written } = this;
    if (at + UUID_LENGTH >= this.end || bytes[at + UUID_LENGTH] !== QUOTE) return false;
    let wrong = 0;
    for (let index = 0; index < UUID_LENGTH; index += 1) {
      const byte = bytes[at + index] ?? 0;
      wrong |= (uuidClasses[byte] ?? 0) ^ (UUID_FORM[index] ?? 0);
      out[written + index] = byte;
    }
    if (wrong !== 0) return false;
    this.at = at + UUID_LENGTH + 1;
    this.written = written + UUID_LENGTH;
    return true;
  }

  /**
   * An instant in UTC with milliseconds, of the years 2000 to 2199, and the closing quote; written without its `Z`. In
   * tab separated text ClickHouse makes another one of what its type cannot hold, which ends with 2299.
   */
  instant(): boolean {
    const { bytes, at, out, written } = this;
    if (at + INSTANT.length >= this.end || !isKeptYear(bytes, at)) return false;
    for (let index = 0; index < INSTANT.length; index += 1) {
      const byte = bytes[at + index] ?? 0;
      const expected = INSTANT[index] ?? 0;
      if (expected === ZERO ? byte < ZERO || byte > NINE : byte !== expected) return false;
      out[written + index] = byte;
    }
    if (bytes[at + INSTANT.length] !== QUOTE) return false;
    this.at = at + INSTANT.length + 1;
    this.written = written + INSTANT.length - 1;
    return true;
  }

  /** Writes where the line stands and its check, as two columns behind what there is. */
  writePlace(position: number, check: number): void {
    this.writeByte(TAB);
    this.writeByte(OPEN);
    this.writeWhole(position);
    this.writeByte(CLOSE);
    this.writeByte(TAB);
    this.writeWhole(check);
  }

  /** Writes bytes that are not read. */
  write(bytes: Uint8Array): void {
    const { out, written } = this;
    const { length } = bytes;
    for (let index = 0; index < length; index += 1) out[written + index] = bytes[index] ?? 0;
    this.written = written + length;
  }

  writeByte(byte: number): void {
    this.out[this.written] = byte;
    this.written += 1;
  }

  /** Writes a whole number, from 0 to the greatest safe one, without making a string of it. */
  writeWhole(value: number): void {
    const { out } = this;
    let at = this.written + digitsOf(value);
    this.written = at;
    let rest = value;
    do {
      const next = Math.floor(rest / 10);
      at -= 1;
      out[at] = ZERO + (rest - next * 10);
      rest = next;
    } while (rest > 0);
  }

  /** Writes ASCII. */
  writeText(text: string): void {
    const { out, written } = this;
    const { length } = text;
    for (let index = 0; index < length; index += 1) out[written + index] = text.charCodeAt(index);
    this.written = written + length;
  }
}

export const TAB = 0x09;
export const NEWLINE = 0x0a;
const SPACE = 0x20;
const QUOTE = 0x22;
const OPEN = 0x5b;
const CLOSE = 0x5d;
const APOSTROPHE = 0x27;
const DASH = 0x2d;
const ZERO = 0x30;
const ONE = 0x31;
const TWO = 0x32;
const NINE = 0x39;
const BACKSLASH = 0x5c;
const UUID_LENGTH = 36;
const INSTANT = Buffer.from('0000-00-00T00:00:00.000Z');

function digitsOf(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count += 1;
  return count;
}

/** But for the quote they mean the same in JSON and in tab separated text. */
const ESCAPES = Buffer.from('"\\bfnrt');

const isEscape = (byte: number): boolean => ESCAPES.includes(byte);

const isKeptYear = (bytes: Uint8Array, at: number): boolean =>
  bytes[at] === TWO && (bytes[at + 1] === ZERO || bytes[at + 1] === ONE);

const HEX = 1;
const HYPHEN = 2;
const UUID_FORM = Uint8Array.from('xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx', (each) =>
  each === '-' ? HYPHEN : HEX,
);
/** What a byte may be in a UUID. */
const uuidClasses = new Uint8Array(256);
for (const byte of Buffer.from('0123456789abcdef')) uuidClasses[byte] = HEX;
uuidClasses[DASH] = HYPHEN;
