import {
  FIRST_DYNAMIC_INDEX,
  staticNames,
  staticValues,
} from '../../src/upstream/http2/static-table.js';

/** The code of each byte and of EOS as published (RFC 7541, appendix B): hexadecimal, and its bits. */
const published = `
  1ff8/13 7fffd8/23 fffffe2/28 fffffe3/28 fffffe4/28 fffffe5/28 fffffe6/28 fffffe7/28 fffffe8/28
  ffffea/24 3ffffffc/30 fffffe9/28 fffffea/28 3ffffffd/30 fffffeb/28 fffffec/28 fffffed/28
  fffffee/28 fffffef/28 ffffff0/28 ffffff1/28 ffffff2/28 3ffffffe/30 ffffff3/28 ffffff4/28
  ffffff5/28 ffffff6/28 ffffff7/28 ffffff8/28 ffffff9/28 ffffffa/28 ffffffb/28 14/6 3f8/10
  3f9/10 ffa/12 1ff9/13 15/6 f8/8 7fa/11 3fa/10 3fb/10 f9/8 7fb/11 fa/8 16/6 17/6 18/6 0/5 1/5
  2/5 19/6 1a/6 1b/6 1c/6 1d/6 1e/6 1f/6 5c/7 fb/8 7ffc/15 20/6 ffb/12 3fc/10 1ffa/13 21/6 5d/7
  5e/7 5f/7 60/7 61/7 62/7 63/7 64/7 65/7 66/7 67/7 68/7 69/7 6a/7 6b/7 6c/7 6d/7 6e/7 6f/7 70/7
  71/7 72/7 fc/8 73/7 fd/8 1ffb/13 7fff0/19 1ffc/13 3ffc/14 22/6 7ffd/15 3/5 23/6 4/5 24/6 5/5
  25/6 26/6 27/6 6/5 74/7 75/7 28/6 29/6 2a/6 7/5 2b/6 76/7 2c/6 8/5 9/5 2d/6 77/7 78/7 79/7
  7a/7 7b/7 7ffe/15 7fc/11 3ffd/14 1ffd/13 ffffffc/28 fffe6/20 3fffd2/22 fffe7/20 fffe8/20
  3fffd3/22 3fffd4/22 3fffd5/22 7fffd9/23 3fffd6/22 7fffda/23 7fffdb/23 7fffdc/23 7fffdd/23
  7fffde/23 ffffeb/24 7fffdf/23 ffffec/24 ffffed/24 3fffd7/22 7fffe0/23 ffffee/24 7fffe1/23
  7fffe2/23 7fffe3/23 7fffe4/23 1fffdc/21 3fffd8/22 7fffe5/23 3fffd9/22 7fffe6/23 7fffe7/23
  ffffef/24 3fffda/22 1fffdd/21 fffe9/20 3fffdb/22 3fffdc/22 7fffe8/23 7fffe9/23 1fffde/21
  7fffea/23 3fffdd/22 3fffde/22 fffff0/24 1fffdf/21 3fffdf/22 7fffeb/23 7fffec/23 1fffe0/21
  1fffe1/21 3fffe0/22 1fffe2/21 7fffed/23 3fffe1/22 7fffee/23 7fffef/23 fffea/20 3fffe2/22
  3fffe3/22 3fffe4/22 7ffff0/23 3fffe5/22 3fffe6/22 7ffff1/23 3ffffe0/26 3ffffe1/26 fffeb/20
  7fff1/19 3fffe7/22 7ffff2/23 3fffe8/22 1ffffec/25 3ffffe2/26 3ffffe3/26 3ffffe4/26 7ffffde/27
  7ffffdf/27 3ffffe5/26 fffff1/24 1ffffed/25 7fff2/19 1fffe3/21 3ffffe6/26 7ffffe0/27 7ffffe1/27
  3ffffe7/26 7ffffe2/27 fffff2/24 1fffe4/21 1fffe5/21 3ffffe8/26 3ffffe9/26 ffffffd/28
  7ffffe3/27 7ffffe4/27 7ffffe5/27 fffec/20 fffff3/24 fffed/20 1fffe6/21 3fffe9/22 1fffe7/21
  1fffe8/21 7ffff3/23 3fffea/22 3fffeb/22 1ffffee/25 1ffffef/25 fffff4/24 fffff5/24 3ffffea/26
  7ffff4/23 3ffffeb/26 7ffffe6/27 3ffffec/26 3ffffed/26 7ffffe7/27 7ffffe8/27 7ffffe9/27
  7ffffea/27 7ffffeb/27 ffffffe/28 7ffffec/27 7ffffed/27 7ffffee/27 7ffffef/27 7fffff0/27
  3ffffee/26 3fffffff/30
`;

/** The bits of each byte and of EOS. */
export const publishedCodes: readonly string[] = published
  .trim()
  .split(/\s+/)
  .map((entry) => {
    const [code = '', bits = ''] = entry.split('/');
    return Number.parseInt(code, 16).toString(2).padStart(Number(bits), '0');
  });

/** The bytes of bits, the last of them filled with ones. */
export function bytesOfBits(bits: string): Buffer {
  const bytes = bits.match(/.{1,8}/g) ?? [];
  return Buffer.from(bytes.map((byte) => Number.parseInt(byte.padEnd(8, '1'), 2)));
}

export const huffmanBits = (text: string): string =>
  Array.from(Buffer.from(text, 'latin1'), (byte) => publishedCodes[byte]).join('');

/** An integer behind the bits that say what it is (section 5.1). */
export function integer(value: number, prefixBits: number, first = 0): Buffer {
  const most = 2 ** prefixBits - 1;
  if (value < most) return Buffer.from([first + value]);
  const bytes = [first + most];
  let rest = value - most;
  for (; rest >= 128; rest = Math.floor(rest / 128)) bytes.push((rest % 128) + 128);
  return Buffer.from([...bytes, rest]);
}

export function text(value: string, huffman = false): Buffer {
  const bytes = huffman ? bytesOfBits(huffmanBits(value)) : Buffer.from(value, 'latin1');
  return Buffer.concat([integer(bytes.length, 7, huffman ? 0x80 : 0), bytes]);
}

/** How to write a field, if there is a choice. */
export interface FieldChoice {
  /** As an index if it is in a table. */
  readonly indexed: boolean;
  /** Its name as an index if it is in a table. */
  readonly nameIndexed: boolean;
  readonly literal: 'kept' | 'plain' | 'never';
  readonly huffmanName: boolean;
  readonly huffmanValue: boolean;
}

const prefixes = {
  kept: [6, 0x40],
  plain: [4, 0],
  never: [4, 0x10],
} as const;

/** Writes header blocks in each way there is. Its table is a plain list, unlike the one of the decoder. */
export class HpackEncoder {
  #entries: (readonly [string, string])[] = [];

  #limit: number;

  constructor(limit = 4_096) {
    this.#limit = limit;
  }

  sizeUpdate(limit: number): Buffer {
    this.#limit = limit;
    this.#evict();
    return integer(limit, 5, 0x20);
  }

  field(name: string, value: string, choice: FieldChoice): Buffer {
    const index = this.#indexOf((n, v) => n === name && v === value);
    if (choice.indexed && index > 0) return integer(index, 7, 0x80);
    const nameIndex = choice.nameIndexed ? this.#indexOf((n) => n === name) : 0;
    const [bits, first] = prefixes[choice.literal];
    if (choice.literal === 'kept') {
      this.#entries.unshift([name, value]);
      this.#evict();
    }
    return Buffer.concat([
      integer(nameIndex, bits, first),
      nameIndex > 0 ? Buffer.alloc(0) : text(name, choice.huffmanName),
      text(value, choice.huffmanValue),
    ]);
  }

  #indexOf(matches: (name: string, value: string) => boolean): number {
    for (let index = 1; index < FIRST_DYNAMIC_INDEX; index += 1) {
      if (matches(staticNames[index] ?? '', staticValues[index] ?? '')) return index;
    }
    const found = this.#entries.findIndex(([name, value]) => matches(name, value));
    return found < 0 ? 0 : FIRST_DYNAMIC_INDEX + found;
  }

  #evict(): void {
    let bytes = 0;
    const kept = this.#entries.findIndex(([name, value]) => {
      bytes += name.length + value.length + 32;
      return bytes > this.#limit;
    });
    if (kept >= 0) this.#entries = this.#entries.slice(0, kept);
  }
}
