import { describe, expect, it } from 'vitest';
import type { JsonObject } from '../json.js';
import { compareAnswers } from './compare-answers.js';

const compared = (recorded: JsonObject, now: JsonObject, isWhole = true) =>
  compareAnswers({ recorded, now, isWhole: () => isWhole });
const pod = (change: JsonObject = {}, metadata: JsonObject = {}): JsonObject => ({
  ...{ apiVersion: 'v1', kind: 'Pod', spec: { nodeName: 'a' } },
  metadata: { name: 'p', namespace: 'n', ...metadata },
  ...change,
});
const list = (...items: JsonObject[]): JsonObject => ({ kind: 'PodList', metadata: {}, items });
const table = (rows: readonly (readonly [string, string, string])[]): JsonObject => ({
  kind: 'Table',
  columnDefinitions: [{ name: 'Name' }, { name: 'Restarts' }, { name: 'Age' }],
  rows: rows.map(([name, restarts, age]) => ({
    cells: [name, restarts, age],
    object: { kind: 'PartialObjectMetadata', metadata: { name, namespace: 'n' } },
  })),
});

describe('an answer is the same', () => {
  it.each<[string, JsonObject, JsonObject]>([
    [
      'but for what a cluster makes up',
      pod(
        {},
        {
          uid: 'a',
          resourceVersion: '1',
          generation: 1,
          managedFields: [{}],
          creationTimestamp: '2026-01-05T09:00:00Z',
        },
      ),
      pod({}, { uid: 'b', resourceVersion: '9', generation: 4 }),
    ],
    [
      'but for instants',
      pod({
        status: {
          startTime: '2026-01-05T09:00:00Z',
          conditions: [{ lastTransitionTime: '2026-01-05T09:00:00Z' }],
        },
      }),
      pod({
        status: {
          startTime: '2027-01-05T09:00:00Z',
          conditions: [{ lastTransitionTime: '2027-01-05T09:00:00Z' }],
        },
      }),
    ],
    [
      'but for the uid of its owner',
      pod({}, { ownerReferences: [{ name: 'x', uid: '1' }] }),
      pod({}, { ownerReferences: [{ name: 'x', uid: '2' }] }),
    ],
    ['but for what says nothing', pod({ status: {} }), pod({ status: null, more: [] })],
    [
      'but for what was masked',
      pod({ data: { a: 'drawbridge:masked:secret:k:m', b: 'ZHJhd2JyaWRnZTptYXNrZWQ6' } }),
      pod({ data: { a: 'open', b: 'b3Blbg==' } }),
    ],
    [
      'but for the words of a refusal',
      { kind: 'Status', reason: 'NotFound', code: 404, message: 'a' },
      { kind: 'Status', reason: 'NotFound', code: 404, message: 'b' },
    ],
    [
      'but for the order of a list',
      list(pod(), pod({}, { name: 'q' })),
      list(pod({}, { name: 'q' }), pod()),
    ],
    [
      'but for ages in a table',
      table([['p', '1 (5m ago)', '1h']]),
      table([['p', '1 (9m ago)', '5d']]),
    ],
  ])('%s', (_what, recorded, now) => {
    expect(compared(recorded, now)).toStrictEqual([]);
  });

  it('in a table by its names, where no more is known', () => {
    const [recorded, now] = [table([['p', '1', '1h']]), table([['p', '7', '1h']])];
    expect(compared(recorded, now, false)).toStrictEqual([]);
    expect(compared(recorded, now)).toStrictEqual([
      { path: 'rows[n/p].Restarts', recorded: '"1"', now: '"7"' },
    ]);
  });
});

describe('an answer is different', () => {
  it.each<[string, JsonObject, JsonObject, object]>([
    [
      'in a field',
      pod(),
      pod({ spec: { nodeName: 'b' } }),
      { path: 'spec.nodeName', recorded: '"a"', now: '"b"' },
    ],
    [
      'in a field that is not there',
      pod(),
      pod({ spec: {} }),
      { path: 'spec.nodeName', recorded: '"a"' },
    ],
    ['in a field that was not there', pod(), pod({ extra: 1 }), { path: 'extra', now: '1' }],
    [
      'in its kind',
      pod(),
      { ...pod(), kind: 'Secret' },
      { path: 'kind', recorded: '"Pod"', now: '"Secret"' },
    ],
    [
      'in the length of a list',
      pod({ a: [1] }),
      pod({ a: [1, 2] }),
      { path: 'a', recorded: '[1]', now: '[1,2]' },
    ],
    [
      'in a label called like a timestamp',
      pod({}, { labels: { deployTime: 'x' } }),
      pod({}, { labels: { deployTime: 'y' } }),
      { path: 'metadata.labels.deployTime' },
    ],
    [
      'in its reason',
      { kind: 'Status', reason: 'NotFound' },
      { kind: 'Status', reason: 'Conflict' },
      { path: 'reason' },
    ],
    ['in what a list has', list(pod()), list(), { path: 'items[n/p]', recorded: '"p"' }],
    [
      'in an element of a list',
      list(pod()),
      list(pod({ spec: {} })),
      { path: 'items[n/p].spec.nodeName' },
    ],
    [
      'in the rows of a table',
      table([]),
      table([['p', '1', '1h']]),
      { path: 'rows[n/p]', now: '"n/p"' },
    ],
    [
      'where a placeholder is answered that was not recorded',
      pod({ data: 'open' }),
      pod({ data: 'drawbridge:masked:secret:k:m' }),
      { path: 'data' },
    ],
  ])('%s', (...[, recorded, now, difference]) => {
    expect(compared(recorded, now)).toMatchObject([difference]);
  });

  it('in no more places than can be read', () => {
    const many = Object.fromEntries(Array.from({ length: 200 }, (_, n) => [`a${n}`, n]));
    expect(compared(pod(many), pod())).toHaveLength(50);
  });
});
