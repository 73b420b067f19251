import { BrokenFrames } from '../broken-frames.js';
import { BitReader } from './bit-reader.js';
import { dynamicCodes, fixedCodes, type Codes } from './huffman.js';

/** How far back a copy may reach, RFC 1951. */
const WINDOW_BYTES = 32_768;

const lengthBase = [
  3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 15, 17, 19, 23, 27, 31, 35, 43, 51, 59, 67, 83, 99, 115, 131,
  163, 195, 227, 258,
];
const lengthExtra = [
  0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0,
];
const distanceBase = [
  1, 2, 3, 4, 5, 7, 9, 13, 17, 25, 33, 49, 65, 97, 129, 193, 257, 385, 513, 769, 1025, 1537, 2049,
  3073, 4097, 6145, 8193, 12289, 16385, 24577,
];
const distanceExtra = [
  0, 0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9, 10, 10, 11, 11, 12, 12, 13, 13,
];

/** Bytes that grow, up to a limit; the front of them is what copies reach back into. */
class Output {
  #bytes: Buffer;
  #size: number;

  constructor(
    window: Buffer,
    private readonly max: number,
  ) {
    this.#bytes = Buffer.alloc(window.length + 512);
    this.#size = window.copy(this.#bytes);
  }

  write(byte: number): void {
    this.#reserve(1);
    this.#bytes[this.#size++] = byte;
  }

  append(bytes: Uint8Array): void {
    this.#reserve(bytes.length);
    this.#bytes.set(bytes, this.#size);
    this.#size += bytes.length;
  }

  /** Byte by byte: a copy may reach into what it writes itself. */
  copy(distance: number, length: number): void {
    if (distance > this.#size) throw new BrokenFrames('a header block that reaches back too far');
    for (let left = length; left > 0; left -= 1)
      this.write(this.#bytes[this.#size - distance] ?? 0);
  }

  from(start: number): Buffer {
    return this.#bytes.subarray(start, this.#size);
  }

  #reserve(count: number): void {
    const size = this.#size + count;
    if (size > this.max) throw new BrokenFrames('a header block that is too large');
    if (size <= this.#bytes.length) return;
    const larger = Buffer.alloc(Math.max(size, this.#bytes.length * 2));
    this.#bytes.copy(larger, 0, 0, this.#size);
    this.#bytes = larger;
  }
}

/**
 * Inflates (RFC 1951) one piece of a stream that never ends. Each piece must consist of whole blocks and end with
 * a byte, as a flush leaves it; anything else two readers could take for the beginning of something different.
 *
 * In JavaScript instead of zlib, because header blocks are a few hundred bytes, must be read at once and in order,
 * and zlib would keep 40 KiB for each session.
 *
 * @param window - what copies may reach back into: the dictionary and the pieces before
 * @throws {@link BrokenFrames} also when it would be larger than `maxBytes`
 */
export function inflatePiece(
  piece: Uint8Array,
  { window, maxBytes }: { readonly window: Buffer; readonly maxBytes: number },
): Buffer {
  const bits = new BitReader(piece);
  const output = new Output(window, window.length + maxBytes);
  do {
    if (bits.read(1) === 1) throw new BrokenFrames('a header block after which no other can come');
    const type = bits.read(2);
    if (type === 0) readStored(bits, output);
    else if (type === 1) readCoded(bits, output, fixedCodes);
    else if (type === 2) readCoded(bits, output, dynamicCodes(bits));
    else throw new BrokenFrames('a header block of an unknown type');
  } while (!bits.atEnd);
  return output.from(window.length);
}

/** The part of everything so far that the next piece may reach back into. */
export function nextWindow(window: Buffer, inflated: Buffer): Buffer {
  const all = Buffer.concat([window, inflated]);
  return all.length <= WINDOW_BYTES ? all : Buffer.from(all.subarray(all.length - WINDOW_BYTES));
}

function readStored(bits: BitReader, output: Output): void {
  bits.skipToByte();
  const length = bits.read(16);
  if ((bits.read(16) ^ 0xffff) !== length)
    throw new BrokenFrames('a stored block of unclear length');
  output.append(bits.bytes(length));
}

function readCoded(bits: BitReader, output: Output, { literals, distances }: Codes): void {
  for (;;) {
    const symbol = literals.read(bits);
    if (symbol === 256) return;
    if (symbol < 256) output.write(symbol);
    else copyBack(bits, output, { symbol: symbol - 257, distances });
  }
}

function copyBack(
  bits: BitReader,
  output: Output,
  { symbol, distances }: { readonly symbol: number; readonly distances: Codes['distances'] },
): void {
  const length = lookUp(lengthBase, symbol) + bits.read(lookUp(lengthExtra, symbol));
  const far = distances.read(bits);
  output.copy(lookUp(distanceBase, far) + bits.read(lookUp(distanceExtra, far)), length);
}

function lookUp(table: readonly number[], index: number): number {
  const value = table[index];
  if (value === undefined) throw new BrokenFrames('a header block with an unknown code');
  return value;
}
