import { describe, expect, it } from 'vitest';
import { IngestRate } from './ingest-rate.js';

describe('the rate of the ingest', () => {
  it('is of the last ten seconds', () => {
    let now = 100_000;
    const rate = new IngestRate(() => now);
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([0, 0]);
    rate.begin(0, new Date(99_000));
    rate.stored(0, 400);
    now += 5_000;
    rate.begin(1, new Date(104_500));
    rate.stored(1, 600);
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([100, 1_000]);
    now += 5_000;
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([60, 500]);
    now += 5_000;
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([0, 0]);
  });

  it('is behind for longer and longer while nothing can be stored', () => {
    let now = 100_000;
    const rate = new IngestRate(() => now);
    rate.begin(0, new Date(99_000));
    rate.begin(1, new Date(99_500));
    now += 60_000;
    expect(rate.lagMs).toBe(61_000);
    rate.begin(0, new Date(99_000));
    rate.stored(0, 10);
    now += 20_000;
    expect(rate.lagMs).toBe(80_500);
    rate.stored(1, 10);
    now += 10_000;
    expect(rate.lagMs).toBe(0);
  });

  it('is never negative when the clock of the server is ahead', () => {
    const rate = new IngestRate(() => 1_000);
    rate.begin(0, new Date(2_000));
    expect(rate.lagMs).toBe(0);
    rate.stored(0, 1);
    expect(rate.lagMs).toBe(0);
  });
});
