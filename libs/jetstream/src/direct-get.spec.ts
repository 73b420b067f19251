import { describe, expect, it } from 'vitest';
import { millisOf } from './direct-get.js';

describe('the time of a stored message', () => {
  it.each([
    ['2026-01-05T09:00:00Z', '2026-01-05T09:00:00.000Z'],
    ['2026-01-05T09:00:00.1Z', '2026-01-05T09:00:00.100Z'],
    ['2026-01-05T09:00:00.123456789Z', '2026-01-05T09:00:00.123Z'],
    ['2026-01-05T09:00:00.123999Z', '2026-01-05T09:00:00.123Z'],
    // As a double of nanoseconds this is the next millisecond, and so the client says of a consumer's message.
    ['2026-01-05T09:00:00.123999999Z', '2026-01-05T09:00:00.124Z'],
  ])('%s is %s', (time, wanted) => {
    expect(new Date(millisOf(time)).toISOString()).toBe(wanted);
  });

  it.each(['', 'yesterday', '2026-01-05T09:00:00+01:00'])('"%s" is none', (time) => {
    expect(() => millisOf(time)).toThrow('no time');
  });
});
