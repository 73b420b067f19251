import { constants, createDeflate, deflateRawSync } from 'node:zlib';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BrokenFrames } from '../broken-frames.js';
import { spdyDictionary } from './dictionary.js';
import { inflatePiece, nextWindow } from './inflate.js';

const empty = Buffer.alloc(0);
const maxBytes = 100_000;

/** Pieces of one raw DEFLATE stream, each flushed, as Node's zlib makes them. */
async function deflated(texts: readonly string[], level: number, strategy: number) {
  const stream = createDeflate({ level, strategy, dictionary: spdyDictionary });
  const pieces: Buffer[] = [];
  for (const text of texts) {
    const chunks: Buffer[] = [];
    const keep = (chunk: Buffer) => chunks.push(chunk);
    stream.on('data', keep);
    stream.write(text);
    await new Promise<void>((resolve) => stream.flush(constants.Z_SYNC_FLUSH, () => resolve()));
    stream.off('data', keep);
    pieces.push(Buffer.concat(chunks));
  }
  stream.destroy();
  const [first = empty, ...rest] = pieces;
  return [first.subarray(6), ...rest];
}

describe('inflating', () => {
  it('reads whatever zlib writes, piece by piece', async () => {
    const strategies = fc.constantFrom(
      constants.Z_DEFAULT_STRATEGY,
      constants.Z_FIXED,
      constants.Z_HUFFMAN_ONLY,
    );
    const texts = fc.array(
      fc.oneof(
        fc.string({ minLength: 1, maxLength: 300 }),
        fc
          .array(fc.constantFrom('streamtype', 'error', 'port', '8080', 'requestid', 'chunked'), {
            minLength: 1,
            maxLength: 400,
          })
          .map((words) => words.join(' ')),
      ),
      { minLength: 1, maxLength: 6 },
    );
    await fc.assert(
      fc.asyncProperty(
        texts,
        fc.integer({ min: 0, max: 9 }),
        strategies,
        async (all, level, strategy) => {
          let window: Buffer = spdyDictionary;
          for (const [index, piece] of (await deflated(all, level, strategy)).entries()) {
            const inflated = inflatePiece(piece, { window, maxBytes });
            expect(inflated.toString()).toBe(all[index]);
            window = nextWindow(window, inflated);
          }
        },
      ),
      { numRuns: 150 },
    );
  });

  it('reaches back over 32 KiB and no further', async () => {
    const noise = Array.from({ length: 900 }, (_, index) =>
      String((index * 7919) % 1_000_003),
    ).join();
    const texts = Array.from({ length: 12 }, (_, index) => `${index}${noise}`);
    let window: Buffer = spdyDictionary;
    for (const [index, piece] of (await deflated(texts, 9, 0)).entries()) {
      const inflated = inflatePiece(piece, { window, maxBytes });
      expect(inflated.toString()).toBe(texts[index]);
      window = nextWindow(window, inflated);
    }
    expect(window).toHaveLength(32_768);
  });

  it('never does anything but refuse what is no such stream', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 200 }), (bytes) => {
        try {
          inflatePiece(bytes, { window: empty, maxBytes: 4_096 });
        } catch (error) {
          expect(error).toBeInstanceOf(BrokenFrames);
        }
      }),
      { numRuns: 5_000 },
    );
  });

  it.each([
    ['a last block', deflateRawSync('x')],
    ['a block of type 3', Buffer.of(0b110)],
    ['a stored block whose lengths differ', Buffer.of(0, 1, 0, 1, 0, 0x78)],
    ['a stored block that ends early', Buffer.of(0, 2, 0, 0xfd, 0xff, 0x78)],
    ['a copy from before the beginning', Buffer.of(0b0000_0010, 0b0000_0011, 0)],
    ['nothing', empty],
  ])('refuses %s', (_, piece) => {
    expect(() => inflatePiece(piece, { window: empty, maxBytes })).toThrow(BrokenFrames);
  });

  it('T24 refuses a small piece that becomes a large one', () => {
    const bomb = deflateRawSync(Buffer.alloc(100_000), { finishFlush: constants.Z_SYNC_FLUSH });
    expect(bomb.length).toBeLessThan(1_000);
    expect(() => inflatePiece(bomb, { window: empty, maxBytes: 16_384 })).toThrow('too large');
  });
});
