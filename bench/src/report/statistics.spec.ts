import { describe, expect, it } from 'vitest';
import { quantile, summarise } from './statistics.js';

describe('what is said of several rounds', () => {
  it('is the median and the spread of the middle half', () =>
    expect(summarise([40, 10, 20, 30, 50])).toStrictEqual({ median: 30, spread: 20 / 30 }));

  it('is not moved by one round that went wrong', () =>
    expect(summarise([10, 10, 10, 10, 900]).median).toBe(10));

  it('has no spread for a single round', () =>
    expect(summarise([7])).toStrictEqual({ median: 7, spread: 0 }));

  it('interpolates between two values', () => expect(quantile([1, 2], 0.5)).toBe(1.5));
});
