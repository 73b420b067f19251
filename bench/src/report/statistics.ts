/** Median, and how far the middle half of the rounds lies apart, as a part of the median. */
export interface Summary {
  readonly median: number;
  /** (upper quartile - lower quartile) / median: 0.1 is ten percent. */
  readonly spread: number;
}

export function summarise(values: readonly number[]): Summary {
  const sorted = values.toSorted((a, b) => a - b);
  const median = quantile(sorted, 0.5);
  const range = quantile(sorted, 0.75) - quantile(sorted, 0.25);
  return { median, spread: median === 0 ? 0 : range / median };
}

/**
 * @param sorted - ascending
 * @param q - 0 to 1; between two values it is interpolated
 */
export function quantile(sorted: readonly number[], q: number): number {
  const at = (sorted.length - 1) * q;
  const low = sorted[Math.floor(at)] ?? Number.NaN;
  const high = sorted[Math.ceil(at)] ?? Number.NaN;
  return low + (high - low) * (at - Math.floor(at));
}
