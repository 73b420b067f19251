/** One look at the server's clock. All in milliseconds. */
export interface ClockSample {
  /** Server's time less ours. */
  readonly offsetMs: number;
  /** By how much that may be wrong: half of what the answer took. */
  readonly errorMs: number;
}

const KEPT = 5;
/** By how much two clocks may drift apart between samples, and no more than is noise. */
const DRIFT_MS = 50;

/**
 * Adds a sample to the last ones. Those that it contradicts are of before a clock was set, and are forgotten.
 *
 * @returns the samples to keep, the newest last
 */
export function withSample(
  samples: readonly ClockSample[],
  sample: ClockSample,
): readonly ClockSample[] {
  const agreeing = samples.filter(
    ({ offsetMs, errorMs }) =>
      Math.abs(offsetMs - sample.offsetMs) <= errorMs + sample.errorMs + DRIFT_MS,
  );
  return [...agreeing, sample].slice(-KEPT);
}

/** The one that is known best; `undefined` without any. */
export const bestOf = (samples: readonly ClockSample[]): ClockSample | undefined =>
  samples.reduce<ClockSample | undefined>(
    (best, sample) => (best === undefined || sample.errorMs <= best.errorMs ? sample : best),
    undefined,
  );

/** Whether the clocks certainly differ by more than that. */
export const isBeyond = (sample: ClockSample | undefined, maxMs: number): boolean =>
  sample !== undefined && Math.abs(sample.offsetMs) - sample.errorMs > maxMs;
