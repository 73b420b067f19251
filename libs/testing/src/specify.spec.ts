import { describe, expect, it } from 'vitest';
import { AppError, type Decider } from '@drawbridge/kernel';
import { specify } from './specify.js';

type Event = { readonly type: 'Added'; readonly amount: number; readonly note?: string };

const counter: Decider<number, number, Event> = {
  initial: 0,
  decide(amount, total) {
    if (amount < 0) throw new AppError('negative', 'no');
    if (amount > 100) throw new TypeError('a fault');
    return amount === 0 ? undefined : { type: 'Added', amount: amount + total, note: 'x' };
  },
  evolve: (total, { amount }) => total + amount,
};
const { given } = specify(counter);
const added = (amount: number): Event => ({ type: 'Added', amount, note: 'x' });

describe('specify', () => {
  it('passes what is so', () => {
    given(added(1), added(2)).when(4).then(added(7));
    given().when(0).thenNothing();
    given().when(-1).thenRefused('negative');
    expect(given(added(1), added(2)).state()).toBe(3);
  });

  it.each<[string, () => unknown]>([
    ['another value', () => given().when(1).then(added(2))],
    ['a field too few', () => given().when(1).then({ type: 'Added', amount: 1 })],
    ['an event where none is', () => given().when(0).then(added(0))],
    ['nothing where an event is', () => given().when(1).thenNothing()],
    ['a refusal where an event is', () => given().when(1).thenRefused('negative')],
    ['a refusal where nothing is', () => given().when(0).thenRefused('negative')],
    ['another code', () => given().when(-1).thenRefused('positive')],
    ['a refusal where a fault is', () => given().when(101).thenRefused('negative')],
    ['an event where a refusal is', () => given().when(-1).then(added(-1))],
  ])('fails on %s', (_what, claim) => {
    expect(claim).toThrow();
  });
});
