import { BrokenFrames } from '../broken-frames.js';
import type { BitReader } from './bit-reader.js';

const MAX_BITS = 15;

/** The two alphabets of one block. */
export interface Codes {
  readonly literals: HuffmanCode;
  readonly distances: HuffmanCode;
}

/** A canonical Huffman code, read bit by bit: slower than tables and far smaller. */
export class HuffmanCode {
  readonly #counts = new Uint16Array(MAX_BITS + 1);
  readonly #symbols: Uint16Array;

  /** @throws {@link BrokenFrames} when more codes are said to exist than fit */
  constructor(lengths: readonly number[]) {
    for (const length of lengths) this.#counts[length] = (this.#counts[length] ?? 0) + 1;
    this.#counts[0] = 0;
    const offsets = new Uint16Array(MAX_BITS + 2);
    let left = 1;
    for (let bits = 1; bits <= MAX_BITS; bits += 1) {
      left = left * 2 - (this.#counts[bits] ?? 0);
      if (left < 0) throw new BrokenFrames('a header block with too many codes');
      offsets[bits + 1] = (offsets[bits] ?? 0) + (this.#counts[bits] ?? 0);
    }
    this.#symbols = new Uint16Array(lengths.length);
    lengths.forEach((length, symbol) => {
      if (length === 0) return;
      const at = offsets[length] ?? 0;
      offsets[length] = at + 1;
      this.#symbols[at] = symbol;
    });
  }

  /** @throws {@link BrokenFrames} */
  read(bits: BitReader): number {
    let code = 0;
    let first = 0;
    let index = 0;
    for (let length = 1; length <= MAX_BITS; length += 1) {
      code |= bits.read(1);
      const count = this.#counts[length] ?? 0;
      if (code - count < first) return this.#symbols[index + code - first] ?? 0;
      index += count;
      first = (first + count) << 1;
      code <<= 1;
    }
    throw new BrokenFrames('a header block with an unknown code');
  }
}

const times = (count: number, length: number) => Array.from({ length: count }, () => length);

/** RFC 1951 section 3.2.6. */
export const fixedCodes: Codes = {
  literals: new HuffmanCode([...times(144, 8), ...times(112, 9), ...times(24, 7), ...times(8, 8)]),
  distances: new HuffmanCode(times(30, 5)),
};

const orderOfLengths = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/** Reads the codes that stand before a block, RFC 1951 section 3.2.7. */
export function dynamicCodes(bits: BitReader): Codes {
  const literalCount = bits.read(5) + 257;
  const distanceCount = bits.read(5) + 1;
  const lengthCount = bits.read(4) + 4;
  if (literalCount > 286 || distanceCount > 30) {
    throw new BrokenFrames('a header block with too many codes');
  }
  const lengthsOfLengths = times(19, 0);
  for (const symbol of orderOfLengths.slice(0, lengthCount))
    lengthsOfLengths[symbol] = bits.read(3);
  const lengths = readLengths(
    bits,
    new HuffmanCode(lengthsOfLengths),
    literalCount + distanceCount,
  );
  if (lengths[256] === 0) throw new BrokenFrames('a header block that cannot end');
  return {
    literals: new HuffmanCode(lengths.slice(0, literalCount)),
    distances: new HuffmanCode(lengths.slice(literalCount)),
  };
}

function readLengths(bits: BitReader, code: HuffmanCode, count: number): number[] {
  const lengths: number[] = [];
  while (lengths.length < count) {
    const symbol = code.read(bits);
    if (symbol < 16) lengths.push(symbol);
    else if (symbol === 16) {
      const last = lengths.at(-1);
      if (last === undefined) throw new BrokenFrames('a header block that repeats nothing');
      lengths.push(...times(3 + bits.read(2), last));
    } else lengths.push(...times(symbol === 17 ? 3 + bits.read(3) : 11 + bits.read(7), 0));
  }
  if (lengths.length > count) throw new BrokenFrames('a header block with too many codes');
  return lengths;
}
