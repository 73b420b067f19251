import { inspect } from 'node:util';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Renewed, type Obtained } from './renewed.js';

/** Hands out 1, 2, 3, … and fails while it is told to. */
class Source {
  asked = 0;
  failing = false;
  readonly failures: number[] = [];
  readonly renewed: Renewed<string>;

  constructor(options: { whileIdle?: boolean; same?: () => boolean } = {}) {
    this.renewed = new Renewed({
      obtain: () => this.obtain(),
      onFailure: (_error, usableMs) => this.failures.push(Math.round(usableMs)),
      ...options,
    });
  }

  private async obtain(): Promise<Obtained<string>> {
    this.asked += 1;
    const value = `value-${this.asked}`;
    await new Promise((resolve) => setTimeout(resolve, 10));
    if (this.failing) throw new Error('source is down');
    return { value, usableMs: 10_000, renewAfterMs: 6_000 };
  }
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());
const pass = (ms: number) => vi.advanceTimersByTimeAsync(ms);
const first = async (source: Source) => {
  const value = source.renewed.current();
  await pass(10);
  return value;
};

describe('a renewed value', () => {
  it('is fetched once for all who wait, and then is there without a promise', async () => {
    const source = new Source();
    const waiting = [source.renewed.current(), source.renewed.current()];
    await pass(10);
    expect([await waiting[0], await waiting[1]]).toStrictEqual(['value-1', 'value-1']);
    expect(source.renewed.current()).toBe('value-1');
    expect(source.asked).toBe(1);
  });

  it('is renewed ahead of its end, and nobody waits for it', async () => {
    const source = new Source();
    await first(source);
    for (let elapsed = 0; elapsed < 60_000; elapsed += 500) {
      expect(source.renewed.current()).toMatch(/^value-/);
      await pass(500);
    }
    expect(source.asked).toBe(11);
  });

  it('that nobody uses is not renewed, and not given out after its end', async () => {
    const source = new Source();
    await first(source);
    await pass(60_000);
    expect(source.asked).toBe(1);
    expect(source.renewed.current()).toBeInstanceOf(Promise);
    await pass(10);
    expect(source.renewed.current()).toBe('value-2');
  });

  it('is renewed while nobody uses it, when it is told to', async () => {
    const source = new Source({ whileIdle: true });
    await first(source);
    await pass(60_000);
    expect(source.renewed.current()).toBe('value-11');
  });

  it('goes on while its source is down, to its end and not further', async () => {
    const source = new Source();
    await first(source);
    source.failing = true;
    await pass(6_100);
    expect(source.renewed.current()).toBe('value-1');
    await pass(3_800);
    expect(source.renewed.current()).toBe('value-1');
    await pass(200);
    await expect(source.renewed.current()).rejects.toThrow('source is down');
    expect(source.failures[0]).toBeGreaterThan(3_000);
    expect(source.failures.at(-1)).toBeLessThan(1_000);
  });

  it('asks a source that fails at growing intervals, however many calls come', async () => {
    const source = new Source();
    source.failing = true;
    const refused = vi.fn();
    for (let call = 0; call < 600; call += 1) {
      const value = source.renewed.current();
      if (value instanceof Promise) value.catch(refused);
      await pass(100);
    }
    expect(refused).toHaveBeenCalledTimes(600);
    expect(source.asked).toBeLessThan(12);
    source.failing = false;
    await pass(31_000);
    expect(await first(source)).toMatch(/^value-/);
  });

  it('is dropped when it is refused, but not one that has only just come', async () => {
    const source = new Source();
    await first(source);
    source.renewed.drop();
    expect(source.renewed.current()).toBe('value-1');
    await pass(1_000);
    source.renewed.drop();
    expect(await first(source)).toBe('value-2');
  });

  it('stays the same object while it means the same', async () => {
    const renewed = new Renewed({
      obtain: () => Promise.resolve({ value: { same: 1 }, usableMs: 10_000, renewAfterMs: 1_000 }),
      same: () => true,
      whileIdle: true,
    });
    const value = await renewed.current();
    await pass(5_000);
    expect(renewed.current()).toBe(value);
  });

  it('is gone when it is closed, and nothing runs on', async () => {
    const source = new Source({ whileIdle: true });
    await first(source);
    source.renewed.close();
    await pass(60_000);
    expect(source.asked).toBe(1);
    expect(vi.getTimerCount()).toBe(0);
    await expect(source.renewed.current()).rejects.toThrow('closed');
  });

  it('shows itself to nobody who prints it', async () => {
    const source = new Source();
    await first(source);
    const shown = inspect(source.renewed, { depth: 10, showHidden: true });
    expect(shown + JSON.stringify(source.renewed)).not.toContain('value-1');
  });
});
