import { expect, it } from 'vitest';
import type { ClusterCall } from '../domain/cluster-call.js';
import { ReadsOnTheirWay } from './reads-on-their-way.js';

const read = { verb: 'get', resource: 'pods', subresource: '' } as ClusterCall;

it('keeps so many reads and no more, and has room again when they were judged', () => {
  const reads = new ReadsOnTheirWay();
  for (let index = 0; index < 10_000; index += 1) {
    expect(reads.keep(`${index}`, read, '10:00:00')).toBe(true);
  }
  expect(reads.keep('more', read, '10:00:01')).toBe(false);
  // A pass that failed finds it again.
  expect(reads.keep('1', read, '10:00:01')).toBe(true);
  expect(reads.due('09:59:59')).toHaveLength(0);
  expect(reads.due('10:00:00')).toHaveLength(10_000);
  // Looking forgets nothing: judging may fail.
  expect(reads.due('10:00:00')).toHaveLength(10_000);
  reads.forget('10:00:00');
  expect(reads.keep('more', read, '10:00:02')).toBe(true);
  reads.forget('10:00:01');
  expect(reads.due('10:00:02')).toStrictEqual([read]);
});
