import { describe, expect, it } from 'vitest';
import { coverageOf, type CoveredSession } from './coverage.js';

const session = (
  gateway: string,
  peers: string[] = [gateway],
  draining = false,
): CoveredSession => ({
  gateway,
  peers,
  draining,
});

describe('the sessions of a connector', () => {
  it.each([
    ['none', [], { wanted: true, served: [] }],
    ['one of the only gateway', [session('a')], { wanted: true, served: [] }],
    ['two of the only gateway', [session('a'), session('a')], { wanted: false, served: ['a'] }],
    ['one of two', [session('a', ['a', 'b'])], { wanted: true, served: ['a'] }],
    [
      'each of two',
      [session('a', ['a', 'b']), session('b', ['b', 'a'])],
      { wanted: false, served: ['a', 'b'] },
    ],
    [
      'each of two, and a third that only one of them knows',
      [session('a', ['a', 'b', 'c']), session('b', ['b', 'a'])],
      { wanted: true, served: ['a', 'b'] },
    ],
    [
      'one that drains, which counts for nothing',
      [session('a'), session('b', ['b', 'a'], true)],
      { wanted: true, served: [] },
    ],
  ])('%s', (_what, sessions, expected) => {
    expect(coverageOf(sessions)).toStrictEqual(expected);
  });
});
