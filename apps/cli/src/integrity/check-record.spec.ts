import { describe, expect, it } from 'vitest';
import { wantedFrom } from './check-record.js';

const now = new Date('2026-03-01T00:00:00Z');
const daysAgo = (days: number) => now.getTime() - days * 86_400_000;

describe('what must be there', () => {
  it('is everything, of a stream that keeps all', () => {
    expect(wantedFrom({ sequence: 500, storedAt: daysAgo(1) }, now)).toEqual({
      wanted: [[1, Number.MAX_SAFE_INTEGER]],
      keptSince: -Infinity,
    });
  });

  it('begins with the oldest, when that is about to go itself', () => {
    const first = { sequence: 500, storedAt: daysAgo(29.5), days: 30 };
    expect(wantedFrom(first, now).wanted).toEqual([[500, Number.MAX_SAFE_INTEGER]]);
  });

  it('is what was sealed in time, when the oldest is younger than it could be', () => {
    const first = { sequence: 500, storedAt: daysAgo(3), days: 30 };
    expect(wantedFrom(first, now)).toEqual({
      wanted: [[1, Number.MAX_SAFE_INTEGER]],
      keptSince: daysAgo(29),
    });
  });

  it('is what was sealed in time, when there is nothing', () => {
    expect(wantedFrom({ sequence: 1, days: 30 }, now).keptSince).toBe(daysAgo(29));
  });

  it('ends where the rows do', () => {
    expect(wantedFrom({ sequence: 1, days: 400 }, now, 7).wanted).toEqual([[1, 7]]);
    expect(wantedFrom({ sequence: 1, days: 400 }, now, 0).wanted).toEqual([]);
  });
});
