import { expect, it } from 'vitest';
import { Pauses } from './pauses.js';

it('grows to the longest pause, spread over its second half, and begins again', () => {
  const shortest = new Pauses(100, 500, () => 0);
  expect([1, 2, 3, 4, 5].map(() => shortest.next())).toStrictEqual([50, 100, 200, 250, 250]);
  const longest = new Pauses(100, 500, () => 1);
  expect([1, 2, 3, 4, 5].map(() => longest.next())).toStrictEqual([100, 200, 400, 500, 500]);
  longest.reset();
  expect(longest.next()).toBe(100);
});
