import { expect, it } from 'vitest';
import { retryAfterMs } from './durable-feed.js';

it('doubles the time until the next delivery from one second to one minute', () => {
  const deliveries = [1, 2, 3, 4, 5, 6, 7, 8, 100, 1_000_000];
  expect(deliveries.map((count) => retryAfterMs(count))).toStrictEqual([
    1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000, 60_000,
  ]);
});

it('doubles it to what else is the most', () => {
  const deliveries = [1, 2, 8, 9, 10, 1_000_000];
  expect(deliveries.map((count) => retryAfterMs(count, 300_000))).toStrictEqual([
    1_000, 2_000, 128_000, 256_000, 300_000, 300_000,
  ]);
});
