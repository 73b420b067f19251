import { expect, it } from 'vitest';
import { waitTime } from './wait-time.js';

it.each([
  [undefined, undefined, 50_000],
  ['respond-async', undefined, 0],
  ['wait=10', undefined, 10_000],
  ['respond-async, wait=10', undefined, 10_000],
  ['return=minimal; x, Wait = 5', undefined, 5_000],
  ['wait=9999', undefined, 50_000],
  ['wait=-1', undefined, 50_000],
  ['await=3', undefined, 50_000],
  [undefined, '30s', 29_000],
  [undefined, '1m30s', 50_000],
  [undefined, '0s', 0],
  [undefined, '10', 9_000],
  [undefined, 'soon', 50_000],
  ['wait=20', '15s', 14_000],
])('a client that prefers %s and has a timeout of %s waits %i ms', (prefer, timeout, ms) => {
  const query = timeout === undefined ? [] : [['timeout', timeout] as const];
  expect(waitTime(50_000, { prefer, query })).toBe(ms);
});
