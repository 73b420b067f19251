import { expect, it } from 'vitest';
import { CallbackRate } from './callback-rate.js';

it('takes so many at once and then so many a minute, of each by itself', () => {
  let now = 0;
  const rate = new CallbackRate(() => new Date(now), 3);
  const take = (name = 'jira') => rate.take(name);
  expect([take(), take(), take(), take()]).toStrictEqual([true, true, true, false]);
  expect(take('snow')).toBe(true);
  now += 19_000;
  expect(take()).toBe(false);
  now += 1_000;
  expect([take(), take()]).toStrictEqual([true, false]);
  now -= 60_000;
  expect(take()).toBe(false);
  now += 600_000;
  expect([take(), take(), take(), take()]).toStrictEqual([true, true, true, false]);
});

it('forgets webhooks that there are no more', () => {
  const rate = new CallbackRate(() => new Date(0), 1);
  rate.take('jira');
  rate.keep(new Set(['jira']));
  expect(rate.take('jira')).toBe(false);
  rate.keep(new Set());
  expect(rate.take('jira')).toBe(true);
});
