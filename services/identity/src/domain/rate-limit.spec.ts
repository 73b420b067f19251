import { describe, expect, it } from 'vitest';
import { RateLimit } from './rate-limit.js';

const at = (seconds: number) => new Date(Date.parse('2026-01-05T09:00:00Z') + seconds * 1000);
const calls = (limit: RateLimit, caller: string, seconds: readonly number[]) =>
  seconds.map((second) => limit.take(caller, at(second)));

describe('the rate limit', () => {
  it('allows a burst and then as many calls as are refilled', () => {
    const limit = new RateLimit({ burst: 2, perMinute: 6 });
    expect(calls(limit, 'a', [0, 0, 0, 4, 9, 10, 10])).toStrictEqual([
      undefined,
      undefined,
      10,
      6,
      1,
      undefined,
      10,
    ]);
  });

  it('fills up to the burst only', () => {
    const limit = new RateLimit({ burst: 2, perMinute: 60 });
    expect(calls(limit, 'a', [0, 600, 600, 600])).toStrictEqual([
      undefined,
      undefined,
      undefined,
      1,
    ]);
  });

  it('counts each caller apart', () => {
    const limit = new RateLimit({ burst: 1, perMinute: 1 });
    expect([limit.take('a', at(0)), limit.take('b', at(0)), limit.take('a', at(0))]).toStrictEqual([
      undefined,
      undefined,
      60,
    ]);
  });

  it('gives nothing back when the clock goes backwards', () => {
    const limit = new RateLimit({ burst: 1, perMinute: 60 });
    expect(calls(limit, 'a', [10, 0])).toStrictEqual([undefined, 1]);
  });

  it('forgets the caller that was quiet longest beyond 10 000', () => {
    const limit = new RateLimit({ burst: 1, perMinute: 1 });
    for (let index = 0; index < 10_000; index += 1) limit.take(`caller-${index}`, at(0));
    expect(limit.take('caller-0', at(0))).toBe(60);
    limit.take('one more', at(0));
    expect(limit.take('caller-0', at(0))).toBe(60);
    expect(limit.take('caller-1', at(0))).toBeUndefined();
  });
});
