import { describe, expect, it } from 'vitest';
import { parseLimit } from './limit.js';

describe('--limit', () => {
  it('is a number from 1 to what is allowed', () => {
    expect(['1', '50', '1000'].map((text) => parseLimit(text, 1000))).toEqual([1, 50, 1000]);
  });

  it.each(['0', '1001', '-1', '1e2', '', '9'.repeat(30), 'all'])('is not "%s"', (text) => {
    expect(() => parseLimit(text, 1000)).toThrow(
      `--limit: expected a number from 1 to 1000, not "${text}"`,
    );
  });
});
