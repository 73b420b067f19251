import { createHash } from 'node:crypto';

/** A Merkle tree as in RFC 6962, section 2.1, that is only ever appended to. */

export const HASH_BYTES = 32;

export const sha256 = (...parts: readonly Uint8Array[]): Buffer => {
  const hash = createHash('sha256');
  for (const part of parts) hash.update(part);
  return hash.digest();
};

const LEAF = Buffer.of(0);
const NODE = Buffer.of(1);

export const leafHash = (leaf: Uint8Array): Buffer => sha256(LEAF, leaf);

const nodeHash = (left: Uint8Array, right: Uint8Array): Buffer => sha256(NODE, left, right);

/**
 * All that must be known of a tree to append to it: the roots of its largest whole subtrees, from left to right. There
 * is one for each 1 among the bits of its size.
 */
export interface Frontier {
  readonly size: number;
  readonly hashes: readonly Uint8Array[];
}

export const emptyFrontier: Frontier = { size: 0, hashes: [] };

/** How many hashes the frontier of a tree of this size has. */
export function frontierLength(size: number): number {
  let ones = 0;
  for (let rest = BigInt(size); rest > 0n; rest >>= 1n) if ((rest & 1n) === 1n) ones += 1;
  return ones;
}

/** @param leaf - its hash, as {@link leafHash} makes it */
export function append({ size, hashes }: Frontier, leaf: Uint8Array): Frontier {
  const kept = [...hashes];
  let merged: Uint8Array = leaf;
  for (let rest = BigInt(size); (rest & 1n) === 1n; rest >>= 1n) {
    const left = kept.pop();
    if (left === undefined) throw new TypeError('a frontier with too few hashes');
    merged = nodeHash(left, merged);
  }
  kept.push(merged);
  return { size: size + 1, hashes: kept };
}

/** The root of the whole tree. */
export function rootOf({ hashes }: Frontier): Buffer {
  const [last, ...others] = hashes.toReversed();
  if (last === undefined) return sha256();
  return Buffer.from(others.reduce<Uint8Array>((right, left) => nodeHash(left, right), last));
}

/** What is known of a tree: what came before some leaf only as a frontier, and every leaf from there on. */
export interface KnownTree {
  readonly before: Frontier;
  /** Hashes of the leaves behind it. */
  readonly leaves: readonly Uint8Array[];
}

/**
 * The way from a leaf to the root: the hashes that stand beside it, from the bottom up.
 *
 * @param index - of the leaf in the whole tree; must not be one of those that are only known as a frontier
 */
export function inclusionPath(tree: KnownTree, index: number): readonly Buffer[] {
  const size = tree.before.size + tree.leaves.length;
  if (index < tree.before.size || index >= size) throw new RangeError(`no leaf ${index}`);
  const path: Buffer[] = [];
  const nodes = nodesOf(tree.before);
  const hashOf = (from: number, to: number) => rangeHash({ tree, nodes }, from, to);
  for (let [from, to] = [0, size]; to - from > 1;) {
    const middle = from + leftSize(to - from);
    if (index < middle) {
      path.push(hashOf(middle, to));
      to = middle;
    } else {
      path.push(hashOf(from, middle));
      from = middle;
    }
  }
  return path.reverse();
}

/** The root that a leaf and its path lead to, or `undefined` when the path has not the length of any such leaf. */
export function rootOfPath(
  {
    index,
    size,
    leaf,
  }: { readonly index: number; readonly size: number; readonly leaf: Uint8Array },
  path: readonly Uint8Array[],
): Buffer | undefined {
  if (index < 0 || index >= size) return undefined;
  const turns: boolean[] = [];
  for (let [from, to] = [0, size]; to - from > 1;) {
    const middle = from + leftSize(to - from);
    turns.push(index < middle);
    if (index < middle) to = middle;
    else from = middle;
  }
  if (turns.length !== path.length) return undefined;
  return Buffer.from(
    turns.reverse().reduce<Uint8Array>((hash, isLeft, level) => {
      const beside = path[level] ?? Buffer.alloc(0);
      return isLeft ? nodeHash(hash, beside) : nodeHash(beside, hash);
    }, leaf),
  );
}

/** The largest power of two that is smaller: how many leaves the left subtree has. */
function leftSize(size: number): number {
  let left = 1;
  while (left * 2 < size) left *= 2;
  return left;
}

/** The hashes of a frontier by their first leaf. */
function nodesOf({ size, hashes }: Frontier): ReadonlyMap<number, Uint8Array> {
  const nodes = new Map<number, Uint8Array>();
  let from = 0;
  for (const hash of hashes) {
    nodes.set(from, hash);
    let whole = 1;
    while (from + whole * 2 <= size) whole *= 2;
    from += whole;
  }
  return nodes;
}

interface Known {
  readonly tree: KnownTree;
  readonly nodes: ReadonlyMap<number, Uint8Array>;
}

function rangeHash(known: Known, from: number, to: number): Buffer {
  const { before, leaves } = known.tree;
  if (to <= before.size) return Buffer.from(required(known.nodes.get(from)));
  if (to - from === 1) return Buffer.from(required(leaves[from - before.size]));
  const middle = from + leftSize(to - from);
  return nodeHash(rangeHash(known, from, middle), rangeHash(known, middle, to));
}

function required(hash: Uint8Array | undefined): Uint8Array {
  if (hash === undefined) throw new TypeError('a part of the tree that is not known');
  return hash;
}
