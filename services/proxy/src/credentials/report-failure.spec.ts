import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { reportFailure } from './report-failure.js';

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

it('says the first failure at once and those that follow together', () => {
  const warn = vi.fn();
  const report = reportFailure({ warn }, 'prod-eks', 'eks');
  const error = new Error('AssumeRole failed');
  for (let count = 0; count < 1_000; count += 1) report(error, 9_600);
  vi.advanceTimersByTime(5_000);
  report(error, 4_600);
  const line = { msg: 'credential not renewed', connection: 'prod-eks', what: 'eks', err: error };
  expect(warn.mock.calls).toStrictEqual([
    [{ ...line, usableSeconds: 10 }],
    [{ ...line, usableSeconds: 5, unsaid: 999 }],
  ]);
});
