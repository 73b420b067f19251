import { notHttp } from '../upstream-fault.js';
import { latin1Text } from './latin1-text.js';

/** Bits of the code of each byte and, as the last, of EOS (RFC 7541, appendix B). */
// prettier-ignore
const codeLengths = [
  13, 23, 28, 28, 28, 28, 28, 28, 28, 24, 30, 28, 28, 30, 28, 28,
  28, 28, 28, 28, 28, 28, 30, 28, 28, 28, 28, 28, 28, 28, 28, 28,
  6, 10, 10, 12, 13, 6, 8, 11, 10, 10, 8, 11, 8, 6, 6, 6,
  5, 5, 5, 6, 6, 6, 6, 6, 6, 6, 7, 8, 15, 6, 12, 10,
  13, 6, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7, 7,
  7, 7, 7, 7, 7, 7, 7, 7, 8, 7, 8, 13, 19, 13, 14, 6,
  15, 5, 6, 5, 6, 5, 6, 6, 6, 5, 7, 7, 6, 6, 6, 5,
  6, 7, 6, 5, 5, 6, 7, 7, 7, 7, 7, 15, 11, 14, 13, 28,
  20, 22, 20, 20, 22, 22, 22, 23, 22, 23, 23, 23, 23, 23, 24, 23,
  24, 24, 22, 23, 24, 23, 23, 23, 23, 21, 22, 23, 22, 23, 23, 24,
  22, 21, 20, 22, 22, 23, 23, 21, 23, 22, 22, 24, 21, 22, 23, 23,
  21, 21, 22, 21, 23, 22, 23, 23, 20, 22, 22, 22, 23, 22, 22, 23,
  26, 26, 20, 19, 22, 23, 22, 25, 26, 26, 26, 27, 27, 26, 24, 25,
  19, 21, 26, 27, 27, 26, 27, 24, 21, 21, 26, 26, 28, 27, 27, 27,
  20, 24, 20, 21, 22, 21, 21, 23, 22, 22, 25, 25, 24, 24, 26, 23,
  26, 27, 26, 26, 27, 27, 27, 27, 27, 28, 27, 27, 27, 27, 27, 26,
  30,
];
const EOS = 256;

/** Of a step: the next state in the low byte, a byte of the text, whether there is such a byte, whether it was EOS. */
const SYMBOL_SHIFT = 8;
const HAS_SYMBOL_SHIFT = 16;
const IS_EOS = 1 << 17;

/** For each inner node of the code's tree its two children: a node, or `-1 - symbol`. Node 0 is the root. */
function codeTree(): number[][] {
  const nodes: number[][] = [[]];
  // The code is canonical: among codes in order of length and symbol, each is the one before plus one.
  const symbols = codeLengths.map((_length, symbol) => symbol);
  const lengthOf = (symbol: number): number => codeLengths[symbol] ?? 0;
  symbols.sort((a, b) => lengthOf(a) - lengthOf(b) || a - b);
  let [code, codeLength] = [0, 0];
  for (const symbol of symbols) {
    code <<= lengthOf(symbol) - codeLength;
    codeLength = lengthOf(symbol);
    let node = nodes[0] ?? [];
    for (let bit = codeLength - 1; bit > 0; bit -= 1) {
      const side = (code >>> bit) & 1;
      node = nodes[(node[side] ??= nodes.push([]) - 1)] ?? [];
    }
    node[code & 1] = -1 - symbol;
    code += 1;
  }
  return nodes;
}

const tree = codeTree();

/** What four bits do in a state. Half a byte is shorter than the shortest code, so there is at most one symbol. */
function stepOf(state: number, nibble: number): number {
  let [node, step] = [state, 0];
  for (let bit = 3; bit >= 0; bit -= 1) {
    node = tree[node]?.[(nibble >>> bit) & 1] ?? 0;
    if (node >= 0) continue;
    const symbol = -1 - node;
    step = symbol === EOS ? IS_EOS : (symbol << SYMBOL_SHIFT) | (1 << HAS_SYMBOL_SHIFT);
    node = 0;
  }
  return step | node;
}

/** 16 kB: it stays in the processor's cache, which a table over whole bytes (256 kB) would not. */
const steps = Uint32Array.from({ length: tree.length * 16 }, (_, at) => stepOf(at >>> 4, at & 15));

/** States in which a text may end: up to seven bits behind the last symbol, all of them ones (section 5.2). */
const mayEnd = new Uint8Array(tree.length);
for (let [node, bits] = [0, 0]; bits < 8; bits += 1) {
  mayEnd[node] = 1;
  node = tree[node]?.[1] ?? 0;
}

/** Enough for all but the strangest answers; what is longer gets memory of its own. */
const scratch = new Uint8Array(8_192);

/**
 * Reads a string in the Huffman code of HPACK.
 *
 * @returns the bytes as latin1
 * @throws for EOS, and for padding that is longer than seven bits or not all ones
 */
export function huffmanText(bytes: Uint8Array, start: number, end: number): string {
  // No code has fewer than five bits.
  const longest = Math.ceil(((end - start) * 8) / 5);
  const out = longest < scratch.length ? scratch : new Uint8Array(longest + 1);
  let [state, length, seen] = [0, 0, 0];
  for (let at = start; at < end; at += 1) {
    const byte = bytes[at] ?? 0;
    // A byte is written at each step, and the place moves on only if it was a symbol: no branch to guess wrong.
    const high = steps[(state << 4) | (byte >>> 4)] ?? 0;
    out[length] = high >>> SYMBOL_SHIFT;
    length += (high >>> HAS_SYMBOL_SHIFT) & 1;
    const low = steps[((high & 0xff) << 4) | (byte & 15)] ?? 0;
    out[length] = low >>> SYMBOL_SHIFT;
    length += (low >>> HAS_SYMBOL_SHIFT) & 1;
    seen |= high | low;
    state = low & 0xff;
  }
  if ((seen & IS_EOS) !== 0) throw notHttp('a Huffman code with EOS in it');
  if (mayEnd[state] !== 1) throw notHttp('a Huffman code that does not end as it should');
  return latin1Text(out, 0, length);
}
