import { describe, expect, it } from 'vitest';
import { IngestRate } from './ingest-rate.js';

describe('the rate of the ingest', () => {
  it('is of the last ten seconds', () => {
    let now = 100_000;
    const rate = new IngestRate(() => now);
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([0, 0]);
    rate.add({ lines: 400, oldest: new Date(99_000) });
    now += 5_000;
    rate.add({ lines: 600, oldest: new Date(104_500) });
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([100, 1_000]);
    now += 5_000;
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([60, 500]);
    now += 5_000;
    expect([rate.linesPerSecond, rate.lagMs]).toEqual([0, 0]);
  });

  it('is never negative when the clock of the server is ahead', () => {
    const rate = new IngestRate(() => 1_000);
    rate.add({ lines: 1, oldest: new Date(2_000) });
    expect(rate.lagMs).toBe(0);
  });
});
