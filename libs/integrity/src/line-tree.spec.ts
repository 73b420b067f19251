import { describe, expect, it } from 'vitest';
import { digestOfLine, lineDigest, lineProof } from './line-tree.js';
import { append, emptyFrontier, leafHash, rootOf, sha256 } from './merkle.js';

const data = (count: number, end = '\n') =>
  Buffer.from(Array.from({ length: count }, (_, n) => `{"line":${n},"ü":"€"}`).join('\n') + end);

/** The same by the tree of RFC 6962 that streams have. */
function digestByTree(lines: readonly Uint8Array[]): Buffer {
  let frontier = emptyFrontier;
  for (const line of lines) frontier = append(frontier, leafHash(line));
  const count = Buffer.alloc(8);
  count.writeBigUInt64BE(BigInt(lines.length));
  return Buffer.concat([count, rootOf(frontier)]);
}

describe('the lines of a message', () => {
  it.each([1, 2, 3, 7, 8, 9, 100, 500, 1023])('make the tree of RFC 6962: %i', (count) => {
    const lines = Array.from({ length: count }, (_, n) => Buffer.from(`{"line":${n},"ü":"€"}\n`));
    expect(lineDigest(data(count))).toEqual(digestByTree(lines));
  });

  it('are its bytes: a line break more or less is another message', () => {
    expect(lineDigest(data(2, ''))).not.toEqual(lineDigest(data(2)));
    expect(lineDigest(data(2, '\n\n'))).not.toEqual(lineDigest(data(2)));
    expect(lineDigest(data(2, ''))).toEqual(
      digestByTree([Buffer.from('{"line":0,"ü":"€"}\n'), Buffer.from('{"line":1,"ü":"€"}')]),
    );
    expect(lineDigest(Buffer.alloc(0))).toEqual(Buffer.concat([Buffer.alloc(8), sha256()]));
  });

  it('behind the first 1023 are one', () => {
    const many = Buffer.from('\n'.repeat(1_048_576));
    const { count, line } = lineProof(many, 1_023);
    expect({ count, bytes: line.length }).toEqual({ count: 1_024, bytes: 1_048_576 - 1_023 });
    expect(() => lineProof(many, 1_024)).toThrow(RangeError);
  });

  it.each([1, 2, 3, 5, 8, 13, 100])(
    'are each proved alone, of %i, and at no other place',
    (count) => {
      const message = data(count);
      const digest = lineDigest(message);
      for (let index = 0; index < count; index += 1) {
        const proof = lineProof(message, index);
        expect(digestOfLine(proof)).toEqual(digest);
        const wrong = [
          { ...proof, index: index + 1 },
          { ...proof, count: count + 1 },
          { ...proof, line: Buffer.from('{"line":0}') },
          { ...proof, path: [...proof.path, sha256()] },
          { ...proof, path: proof.path.slice(1).concat(sha256()) },
        ];
        for (const one of wrong) expect(digestOfLine(one)).not.toEqual(digest);
      }
    },
  );
});
