import { describe, expect, it } from 'vitest';
import { parseLimits, type LimitOptions } from './limit-arguments.js';

describe('limits of a request', () => {
  it.each<[LimitOptions, object | undefined]>([
    [{}, undefined],
    [{ maxCalls: '10' }, { maxCalls: 10 }],
    [{ maxChanges: '2' }, { maxChanges: 2 }],
    [{ idle: '15m' }, { idleSeconds: 900 }],
    [{ oneShot: true }, { maxChanges: 1, endWhenUsedUp: true }],
    [
      { oneShot: true, maxCalls: '9' },
      { maxCalls: 9, maxChanges: 1, endWhenUsedUp: true },
    ],
  ])('%o are %o', (options, limits) => expect(parseLimits(options)).toStrictEqual(limits));

  it.each<[LimitOptions, string]>([
    [{ idle: '29s' }, '--idle: expected 30s to 24h, not "29s"'],
    [{ idle: '25h' }, '--idle: expected 30s to 24h, not "25h"'],
    [{ maxCalls: '0' }, '--max-calls: expected a number from 1 to 100, not "0"'],
    [{ maxChanges: '101' }, '--max-changes: expected a number from 1 to 100, not "101"'],
    [{ maxCalls: '1e1' }, '--max-calls: expected a number from 1 to 100, not "1e1"'],
    [{ oneShot: true, maxChanges: '2' }, '--one-shot is one change; leave --max-changes out'],
  ])('%o are refused', (options, message) => expect(() => parseLimits(options)).toThrow(message));
});
