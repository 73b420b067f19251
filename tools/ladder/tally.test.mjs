import assert from 'node:assert/strict';
import { test } from 'node:test';
import { report } from './report.mjs';
import { countLine, judge, nothing, oneFailed, onePassed, oneSkipped, sum } from './tally.mjs';

const skip = { name: 'compose', reason: 'docker compose is not installed' };

test('tallies add up', () => {
  const total = sum([onePassed(), oneFailed('a'), oneSkipped(skip), { ...nothing, passed: 10 }]);
  assert.deepEqual(total, { passed: 11, failures: ['a'], skips: [skip] });
});

test('the last line names skipped ones only when there are some', () => {
  assert.equal(countLine({ passed: 3, failures: [], skips: [] }), '3 passed, 0 failed');
  assert.equal(
    countLine({ passed: 3, failures: ['a', 'b'], skips: [skip] }),
    '3 passed, 2 failed, 1 skipped',
  );
});

test('a vitest run with passed tests and exit code 0 is taken as it is', () => {
  const recorded = { passed: 2, failures: [], skips: [skip] };
  assert.deepEqual(judge('unit', recorded, 0), recorded);
});

test('failed tests are not counted again because of the exit code', () => {
  const recorded = { passed: 2, failures: ['x'], skips: [] };
  assert.deepEqual(judge('unit', recorded, 1), recorded);
});

test('a run that failed without a failed test has failed', () => {
  assert.deepEqual(judge('unit', { ...nothing, passed: 2 }, 1), {
    passed: 2,
    failures: ['unit: vitest ended with exit code 1'],
    skips: [],
  });
});

test('a run without a result has failed, even with exit code 0', () => {
  assert.deepEqual(judge('unit', undefined, 0).failures, [
    'unit: vitest ended with exit code 0 and no result',
  ]);
});

test('a run in which nothing ran, or all was skipped, has failed', () => {
  assert.deepEqual(judge('e2e', nothing, 0).failures, ['e2e: no test ran']);
  assert.deepEqual(judge('e2e', oneSkipped(skip), 0), {
    passed: 0,
    failures: ['e2e: no test ran'],
    skips: [skip],
  });
});

test('the report ends with the counts of all stages', () => {
  const text = report([
    { stage: 'format', tally: onePassed(), seconds: 1.23 },
    {
      stage: 'unit',
      tally: { passed: 20, failures: ['a.spec.ts > x: no'], skips: [] },
      seconds: 61,
    },
    { stage: 'compose', tally: oneSkipped(skip), seconds: 0 },
  ]);
  assert.equal(
    text,
    `
format       1.2 s   1 passed, 0 failed
unit        61.0 s   20 passed, 1 failed
compose      0.0 s   0 passed, 0 failed, 1 skipped

skipped:
  compose: docker compose is not installed

failed:
  a.spec.ts > x: no

21 passed, 1 failed, 1 skipped
`,
  );
});
