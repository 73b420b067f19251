import { describe, expect, it } from 'vitest';
import { bestOf, isBeyond, withSample, type ClockSample } from './clock-offset.js';

const sample = (offsetMs: number, errorMs = 1): ClockSample => ({ offsetMs, errorMs });
const all = (...samples: ClockSample[]) => samples.reduce<readonly ClockSample[]>(withSample, []);

describe('what is known of the offset of a clock', () => {
  it('is the sample whose answer came fastest, the newest of equal ones', () => {
    const samples = all(sample(10, 9), sample(3, 1), sample(40, 60), sample(4, 1));
    expect(bestOf(samples)).toStrictEqual(sample(4, 1));
    expect(bestOf([])).toBeUndefined();
  });

  it('is of the last five samples', () => {
    const samples = all(...[1, 2, 3, 4, 5, 6].map((offset) => sample(offset, offset)));
    expect(samples).toHaveLength(5);
    expect(bestOf(samples)).toStrictEqual(sample(2, 2));
  });

  it('is at once the new one when a clock was set, however exact the old ones are', () => {
    expect(all(sample(0, 0.1), sample(1, 0.1), sample(-3_000, 20))).toStrictEqual([
      sample(-3_000, 20),
    ]);
  });

  it('is not changed by an answer that took long and says little', () => {
    expect(bestOf(all(sample(0, 1), sample(900, 1_000)))).toStrictEqual(sample(0, 1));
  });

  it.each([
    [sample(2_000, 0), false],
    [sample(2_001, 0), true],
    [sample(-2_001, 0), true],
    [sample(2_400, 400), false],
    [sample(-3_000, 400), true],
    [undefined, false],
  ])('%j is beyond 2 s: %s', (known, isIt) => expect(isBeyond(known, 2_000)).toBe(isIt));
});
