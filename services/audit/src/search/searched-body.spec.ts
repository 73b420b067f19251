import { createHash } from 'node:crypto';
import { brotliCompressSync, deflateSync, gzipSync } from 'node:zlib';
import { ObjectStoreError } from '@drawbridge/object-store';
import { describe, expect, it } from 'vitest';
import { searchBody } from './searched-body.js';

const pieces = ['one needle', 'another needle'].map((text) => Buffer.from(text));
const hashOf = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex');
const body = {
  ...{ content: '', encoding: 'utf8', content_encoding: '' },
  objects: pieces.map((piece) => ({ sha256: hashOf(piece), bytes: piece.length })),
};
const isLate = () => false;

describe('a body in objects', () => {
  it('is found as far as it is there', async () => {
    const asked: string[] = [];
    const objects = {
      get: (sha256: string) => {
        asked.push(sha256);
        if (asked.length === 2) {
          return Promise.reject(new ObjectStoreError('object_store_unavailable', 'away'));
        }
        return Promise.resolve(pieces[0] ?? Buffer.alloc(0));
      },
    };
    expect(await searchBody(body, 'needle', { objects, isLate })).toStrictEqual({
      found: { hits: 1, excerpt: 'one needle', seconds: 0 },
      unsearched: 'object_store_unavailable',
      bytes: 10,
    });
    expect(asked).toStrictEqual(body.objects.map(({ sha256 }) => sha256));
  });

  it.each([
    ['there is no store', { objects: undefined, isLate }],
    [
      'the store is too slow',
      {
        objects: { get: () => Promise.resolve(pieces[0] ?? Buffer.alloc(0)) },
        isLate: (): boolean => true,
      },
    ],
  ])('is said not to be searched when %s', async (_, options) => {
    expect(await searchBody(body, 'needle', options)).toStrictEqual({
      unsearched: 'object_store_unavailable',
      bytes: 0,
    });
  });

  it.each([
    ['gzip', gzipSync],
    ['deflate', deflateSync],
    ['br', brotliCompressSync],
  ])('is found in %s that ends early', async (content_encoding, compress) => {
    const noise = Array.from({ length: 5_000 }, (_, place) => hashOf(Buffer.from([place])));
    const whole = compress(Buffer.from(`the needle ${noise.join()}`));
    const content = whole.subarray(0, whole.length - 100).toString('base64');
    const compressed = { content, encoding: 'base64', content_encoding, objects: [] };
    const { found } = await searchBody(compressed, 'the needle', { objects: undefined, isLate });
    expect(found).toMatchObject({ hits: 1 });
  });

  it('does not hide a mistake of ours', async () => {
    const objects = { get: () => Promise.reject(new TypeError('a mistake')) };
    await expect(searchBody(body, 'needle', { objects, isLate })).rejects.toThrow('a mistake');
  });
});
