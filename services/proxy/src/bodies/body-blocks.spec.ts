import { expect, it } from 'vitest';
import { MAX_OBJECT_BYTES } from '@drawbridge/object-store';
import { BodyBlocks } from './body-blocks.js';

it.each([1, 65_536, 65_537, 262_145, MAX_OBJECT_BYTES])('there is room for %s bytes', (bytes) => {
  expect(new BodyBlocks().take(bytes).length).toBeGreaterThanOrEqual(bytes);
});

it('a block is used again when it was given back, and by one at a time', () => {
  const blocks = new BodyBlocks();
  const first = blocks.take(100_000);
  expect(blocks.take(100_000)).not.toBe(first);
  blocks.giveBack(first);
  expect(blocks.take(50_000)).not.toBe(first);
  expect(blocks.take(150_000)).toBe(first);
  expect(blocks.take(150_000)).not.toBe(first);
});

it('a few are kept, however many were taken', () => {
  const blocks = new BodyBlocks();
  const taken = Array.from({ length: 100 }, () => blocks.take(1));
  for (const block of taken) blocks.giveBack(block);
  const again = Array.from({ length: 100 }, () => blocks.take(1));
  expect(again.filter((block) => taken.includes(block))).toHaveLength(8);
});
