import { afterEach, describe, expect, it, vi } from 'vitest';
import { Turns } from './turns.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('turns', () => {
  it('so many run, so many wait, and the others are sent away', async () => {
    const turns = new Turns({ running: 2, waiting: 1 });
    const ends: (() => void)[] = [];
    let [running, most] = [0, 0];
    const work = () =>
      turns.take(async () => {
        running += 1;
        most = Math.max(most, running);
        await new Promise<void>((resolve) => ends.push(resolve));
        running -= 1;
        return 'done';
      });
    const all = [work(), work(), work(), work()];
    expect(await all[3]).toBeUndefined();
    ends.shift()?.();
    expect(await all[0]).toBe('done');
    await Promise.resolve();
    for (const end of ends.splice(0)) end();
    expect(await Promise.all(all)).toStrictEqual(['done', 'done', 'done', undefined]);
    expect(most).toBe(2);
  });

  it('nobody waits for longer than that', async () => {
    vi.useFakeTimers();
    const turns = new Turns({ running: 1, waiting: 2, waitMs: 100 });
    let end: () => void = () => undefined;
    const first = turns.take(
      () => new Promise<string>((resolve) => (end = () => resolve('first'))),
    );
    const second = turns.take(() => Promise.resolve('second'));
    await vi.advanceTimersByTimeAsync(99);
    const third = turns.take(() => Promise.resolve('third'));
    await vi.advanceTimersByTimeAsync(1);
    expect(await second).toBeUndefined();
    expect(turns.isIdle).toBe(false);
    end();
    expect([await first, await third]).toStrictEqual(['first', 'third']);
    expect(turns.isIdle).toBe(true);
  });

  it('one that fails gives its turn away too', async () => {
    const turns = new Turns({ running: 1, waiting: 5 });
    const fails = turns.take(() => Promise.reject(new Error('no')));
    const works = turns.take(() => Promise.resolve('yes'));
    await expect(fails).rejects.toThrow('no');
    expect(await works).toBe('yes');
    expect(await turns.take(() => Promise.resolve('again'))).toBe('again');
  });
});
