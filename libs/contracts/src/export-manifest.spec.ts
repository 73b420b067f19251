import { describe, expect, it } from 'vitest';
import { ExportManifest } from './export-manifest.js';

const of = (sequences: unknown) =>
  ExportManifest.safeParse({ files: [], streams: [{ stream: 'ACCESS', sequences }] });

describe('the sequences of an export', () => {
  it.each([
    [[]],
    [[[1, 1]]],
    [
      [
        [1, 5],
        [6, 6],
        [9, 12],
      ],
    ],
  ])('are ranges: %j', (sequences) => {
    expect(of(sequences).success).toBe(true);
  });

  it.each([
    ['turned round', [[5, 1]]],
    [
      'not in order',
      [
        [100, 200],
        [1, 50],
      ],
    ],
    [
      'in each other',
      [
        [1, 50],
        [50, 60],
      ],
    ],
    ['below the first', [[0, 3]]],
  ])('are refused when they are %s', (_what, sequences) => {
    const { error } = of(sequences);
    expect(error?.issues[0]?.path.slice(0, 3)).toEqual(['streams', 0, 'sequences']);
  });
});
