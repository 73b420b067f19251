import type { GrantLimits } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import {
  describeLimits,
  isUsedUp,
  limitExceeded,
  limitsWithin,
  type Used,
} from './grant-limits.js';

const used = (calls: number, changes: number) => ({ calls, changes });

describe('the limits of a grant', () => {
  it.each<{ limits: GrantLimits; after: Used; isOver: boolean }>([
    { limits: { maxCalls: 2 }, after: used(1, 1), isOver: false },
    { limits: { maxCalls: 2 }, after: used(2, 0), isOver: true },
    { limits: { maxChanges: 1 }, after: used(9, 1), isOver: false },
    { limits: { maxChanges: 1, endWhenUsedUp: true }, after: used(9, 0), isOver: false },
    { limits: { maxChanges: 1, endWhenUsedUp: true }, after: used(1, 1), isOver: true },
    { limits: { maxCalls: 9, maxChanges: 1 }, after: used(1, 1), isOver: false },
    { limits: { idleSeconds: 30 }, after: used(100, 100), isOver: false },
  ])('$limits after $after: used up $isOver', ({ limits, after, isOver }) =>
    expect(isUsedUp(limits, after)).toBe(isOver),
  );

  it.each<{ limits: GrantLimits; after: Used; isChange: boolean; what: string | undefined }>([
    { limits: { maxCalls: 2 }, after: used(1, 0), isChange: false, what: undefined },
    { limits: { maxCalls: 2 }, after: used(2, 0), isChange: false, what: '2 calls' },
    { limits: { maxChanges: 1 }, after: used(5, 1), isChange: false, what: undefined },
    { limits: { maxChanges: 1 }, after: used(5, 1), isChange: true, what: '1 change' },
    { limits: { maxChanges: 2 }, after: used(5, 1), isChange: true, what: undefined },
  ])('$limits after $after: exceeds $what', ({ limits, after, isChange, what }) =>
    expect(limitExceeded(limits, after, isChange)).toBe(what),
  );

  it.each<[GrantLimits | undefined, GrantLimits | undefined, boolean]>([
    [undefined, undefined, true],
    [{ maxCalls: 1 }, undefined, true],
    [undefined, { maxCalls: 1 }, false],
    [{ maxCalls: 2 }, { maxCalls: 2 }, true],
    [{ maxCalls: 3 }, { maxCalls: 2 }, false],
    [{ maxChanges: 1 }, { maxCalls: 2 }, false],
    [{ maxCalls: 2, maxChanges: 2 }, { maxChanges: 1 }, false],
    [{ maxChanges: 1 }, { maxChanges: 1, endWhenUsedUp: true }, false],
    [{ maxChanges: 1, endWhenUsedUp: true }, { maxChanges: 1, endWhenUsedUp: true }, true],
    [{ idleSeconds: 60 }, { idleSeconds: 60 }, true],
    [{ idleSeconds: 61 }, { idleSeconds: 60 }, false],
    [{ maxCalls: 1 }, { idleSeconds: 60 }, false],
    [undefined, { idleSeconds: 60 }, false],
  ])('%o within %o: %s', (inner, outer, isWithin) =>
    expect(limitsWithin(inner, outer)).toBe(isWithin),
  );

  it.each<[GrantLimits, string]>([
    [{ maxCalls: 10, maxChanges: 1 }, 'at most 10 calls, 1 change'],
    [{ maxChanges: 1, endWhenUsedUp: true }, 'at most 1 change, and ends behind the last one'],
    [{ idleSeconds: 900 }, 'ends after 900 s without a call'],
    [{ maxCalls: 2, idleSeconds: 60 }, 'at most 2 calls; ends after 60 s without a call'],
  ])('%o in words', (limits, words) => expect(describeLimits(limits)).toBe(words));
});
