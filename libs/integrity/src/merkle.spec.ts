import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  append,
  emptyFrontier,
  frontierLength,
  inclusionPath,
  leafHash,
  rootOf,
  rootOfPath,
  sha256,
  type Frontier,
} from './merkle.js';

/** The leaves and roots that Certificate Transparency's own tests use for RFC 6962. */
const leaves = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
].map((hex) => leafHash(Buffer.from(hex, 'hex')));
const roots = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];
const hex = (hashes: readonly Uint8Array[]) =>
  hashes.map((hash) => Buffer.from(hash).toString('hex'));
const treeOf = (some: readonly Uint8Array[]): Frontier =>
  some.reduce<Frontier>(append, emptyFrontier);
const hashes = (count: number) => Array.from({ length: count }, (_, n) => sha256(Buffer.of(n)));

describe('a tree', () => {
  it.each(roots.map((root, size) => ({ root, size })))(
    'of size $size has the root of RFC 6962',
    ({ root, size }) => {
      expect(rootOf(treeOf(leaves.slice(0, size))).toString('hex')).toBe(root);
    },
  );

  it.each([
    {
      index: 0,
      path: [
        '96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7',
        '5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e',
        '6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4',
      ],
    },
    {
      index: 5,
      path: [
        'bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b',
        'ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0',
        'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
      ],
    },
  ])('of size 8 has the path of RFC 6962 for leaf $index', ({ index, path }) => {
    expect(hex(inclusionPath({ before: emptyFrontier, leaves }, index))).toEqual(path);
  });

  it('keeps one hash for each 1 among the bits of its size', () => {
    for (let size = 0; size < 200; size += 1) {
      expect(treeOf(hashes(size)).hashes).toHaveLength(frontierLength(size));
    }
  });
});

const someTree = fc
  .tuple(fc.nat(80), fc.integer({ min: 1, max: 80 }))
  .chain(([before, count]) => fc.tuple(fc.constant(before), fc.constant(count), fc.nat(count - 1)));

describe('a path', () => {
  it('leads to the root, also where the beginning is only known as a frontier', () => {
    fc.assert(
      fc.property(someTree, ([before, count, chosen]) => {
        const all = hashes(before + count);
        const index = before + chosen;
        const tree = { before: treeOf(all.slice(0, before)), leaves: all.slice(before) };
        const path = inclusionPath(tree, index);
        const leaf = all[index] ?? Buffer.alloc(0);
        const at = { index, size: all.length, leaf };
        expect(rootOfPath(at, path)).toEqual(rootOf(treeOf(all)));
        expect(rootOfPath({ ...at, leaf: sha256(leaf) }, path)).not.toEqual(rootOf(treeOf(all)));
        expect(rootOfPath(at, [...path, leaf])).toBeUndefined();
        expect(rootOfPath({ ...at, index: all.length }, path)).toBeUndefined();
      }),
    );
  });

  it('is not told of a leaf that only the frontier knows', () => {
    const tree = { before: treeOf(hashes(3)), leaves: hashes(1) };
    expect(() => inclusionPath(tree, 2)).toThrow(RangeError);
  });
});
