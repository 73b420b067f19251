import { hash } from 'node:crypto';
import { HASH_BYTES, rootOfPath, sha256 } from './merkle.js';

/**
 * The lines of a message as a tree of their own, as in RFC 6962: so that one line can be proved to somebody who must not
 * see the others.
 *
 * A line ends with its line break; all lines together are the message, byte by byte. What stands behind the first 1023
 * is one line: gateways write 500 at most, and whoever writes more must not keep us busy.
 */

const MAX_LINES = 1_024;
const COUNT_BYTES = 8;
const LINE_BREAK = 10;

function linesOf(data: Uint8Array): readonly Uint8Array[] {
  const lines: Uint8Array[] = [];
  let from = 0;
  while (from < data.length && lines.length < MAX_LINES - 1) {
    const end = data.indexOf(LINE_BREAK, from);
    const to = end === -1 ? data.length : end + 1;
    lines.push(data.subarray(from, to));
    from = to;
  }
  if (from < data.length) lines.push(data.subarray(from));
  return lines;
}

/** Of so many bytes after the first, which says what it is of. Returned as text of one byte per character. */
const tagged = (bytes: Uint8Array): string =>
  // Three times as quick as a hash object, which counts: there are 100 000 lines a second.
  hash('sha256', bytes, 'binary');

/** The hashes of all lines, one behind the other. */
function leavesOf(lines: readonly Uint8Array[]): Buffer {
  const leaves = Buffer.allocUnsafe(lines.length * HASH_BYTES);
  const leaf = Buffer.alloc(1 + Math.max(0, ...lines.map(({ length }) => length)));
  for (const [index, line] of lines.entries()) {
    leaf.set(line, 1);
    leaves.write(tagged(leaf.subarray(0, 1 + line.length)), index * HASH_BYTES, 'binary');
  }
  return leaves;
}

/** The level above: each two become one, and one that has none beside it goes up as it is. */
function above(level: Buffer): Buffer {
  const count = level.length / HASH_BYTES;
  const parents = Buffer.allocUnsafe(Math.ceil(count / 2) * HASH_BYTES);
  const node = Buffer.alloc(1 + 2 * HASH_BYTES, 1);
  for (let left = 0; left + 1 < count; left += 2) {
    level.copy(node, 1, left * HASH_BYTES, (left + 2) * HASH_BYTES);
    parents.write(tagged(node), (left / 2) * HASH_BYTES, 'binary');
  }
  if (count % 2 === 1) level.copy(parents, parents.length - HASH_BYTES, -HASH_BYTES + level.length);
  return parents;
}

/** What a message is sealed as since version 2: how many lines it has, in 8 bytes, and the root of their tree. */
export function lineDigest(data: Uint8Array): Buffer {
  const lines = linesOf(data);
  let level = leavesOf(lines);
  while (level.length > HASH_BYTES) level = above(level);
  return digestOf(lines.length, level.length === 0 ? sha256() : level);
}

function digestOf(count: number, root: Uint8Array): Buffer {
  const digest = Buffer.alloc(COUNT_BYTES + HASH_BYTES);
  digest.writeBigUInt64BE(BigInt(count), 0);
  digest.set(root, COUNT_BYTES);
  return digest;
}

/** One line of a message, and what proves that it stands there. */
export interface LineProof {
  /** From 0. */
  readonly index: number;
  readonly count: number;
  /** With its line break. */
  readonly line: Uint8Array;
  /** The hashes beside it, from the bottom up. */
  readonly path: readonly Uint8Array[];
}

/** @param index - from 0; must be a line of the message */
export function lineProof(data: Uint8Array, index: number): LineProof {
  const lines = linesOf(data);
  const line = lines[index];
  if (line === undefined) throw new RangeError(`no line ${index}`);
  const path: Buffer[] = [];
  let at = index;
  for (let level = leavesOf(lines); level.length > HASH_BYTES; level = above(level)) {
    const beside = (at % 2 === 0 ? at + 1 : at - 1) * HASH_BYTES;
    if (beside < level.length) path.push(level.subarray(beside, beside + HASH_BYTES));
    at = Math.floor(at / 2);
  }
  return { index, count: lines.length, line, path };
}

/** The digest of the message that a line is proved to be of; `undefined` when the path cannot be one. */
export function digestOfLine({ index, count, line, path }: LineProof): Buffer | undefined {
  const leaf = sha256(Buffer.of(0), line);
  const root = rootOfPath({ index, size: count, leaf }, path);
  return root === undefined ? undefined : digestOf(count, root);
}
