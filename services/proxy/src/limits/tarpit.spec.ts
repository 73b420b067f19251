import { describe, expect, it } from 'vitest';
import { Tarpit, type TarpitOptions } from './tarpit.js';

/** A tarpit whose clock a test turns, and whose held refusals it lets go. */
function tarpitOf(more: TarpitOptions = {}) {
  const clock = { ms: 0 };
  const waiting: { ms: number; answer: () => void }[] = [];
  const wait = (ms: number) =>
    new Promise<void>((resolve) => waiting.push({ ms, answer: () => resolve() }));
  const prompt = { perSecond: 10, burst: 3 };
  const tarpit = new Tarpit({ prompt, wait, now: () => clock.ms, ...more });
  const hold = (caller: string) => {
    const held = tarpit.hold(caller);
    return held instanceof Promise ? 'held' : (held ?? 'prompt');
  };
  const letGo = async () => {
    for (const { answer } of waiting.splice(0)) answer();
    await new Promise((resolve) => setImmediate(resolve));
  };
  return { tarpit, clock, waiting, hold, letGo };
}

describe('T25 refusals of one caller', () => {
  it('are answered at once while they are few, then held, a second each', () => {
    const { hold, waiting, clock, tarpit } = tarpitOf();
    expect([1, 2, 3, 4, 5].map(() => hold('flood'))).toStrictEqual([
      'prompt',
      'prompt',
      'prompt',
      'held',
      'held',
    ]);
    expect(waiting.map(({ ms }) => ms)).toStrictEqual([1_000, 1_000]);
    expect(tarpit.held).toBe(2);
    expect(hold('other')).toBe('prompt');
    clock.ms += 100;
    expect([hold('flood'), hold('flood')]).toStrictEqual(['prompt', 'held']);
  });

  it('are held in a bounded number, and no more when those were answered', async () => {
    const { hold, letGo, tarpit } = tarpitOf({ maxHeldPerCaller: 2 });
    for (let index = 0; index < 5; index += 1) hold('flood');
    expect([hold('flood'), hold('flood')]).toStrictEqual(['full', 'full']);
    await letGo();
    expect(tarpit.held).toBe(0);
    expect(hold('flood')).toBe('held');
  });

  it('are held in a bounded number of all callers together', () => {
    const { hold } = tarpitOf({ prompt: { perSecond: 1, burst: 1 }, maxHeld: 3 });
    for (const caller of ['a', 'b', 'c']) expect([hold(caller), hold(caller)]).toContain('held');
    expect([hold('d'), hold('d')]).toStrictEqual(['prompt', 'full']);
  });
});

describe('T25 the callers that a tarpit knows', () => {
  it('are so many at most; further ones share what one may have', () => {
    const { hold, tarpit } = tarpitOf({ maxCallers: 20 });
    const before = Array.from({ length: 1_000 }, (_, index) => hold(String(index)));
    expect(tarpit.callers).toBeLessThanOrEqual(21);
    expect(before.slice(0, 20)).not.toContain('held');
    expect(before.slice(30)).not.toContain('prompt');
  });

  it('are forgotten when they were refused nothing for a while, and not before', () => {
    const { hold, clock, tarpit } = tarpitOf({ maxCallers: 20 });
    for (let index = 0; index < 3; index += 1) hold('flood');
    for (let index = 0; index < 1_000; index += 1) {
      clock.ms += 100;
      hold('flood');
      hold('flood');
      expect(hold(`stranger-${String(index)}`)).toBe('prompt');
    }
    expect(tarpit.callers).toBeLessThan(20);
    expect(hold('flood')).toBe('held');
  });
});
