import { describe, expect, it } from 'vitest';
import { KnownObjects } from './known-objects.js';
import type { ObjectStore } from './object-store.js';

function counted(fails = () => false) {
  const puts: string[] = [];
  const inner: ObjectStore = {
    put: (sha256) => {
      puts.push(sha256);
      return fails() ? Promise.reject(new Error('away')) : Promise.resolve();
    },
    get: () => Promise.resolve(Buffer.alloc(0)),
    sweep: () => Promise.resolve(0),
    close: () => undefined,
  };
  return { puts, inner };
}
const HOUR = 3_600_000;
const bytes = Buffer.from('x');

describe('a store that knows what was put', () => {
  it('puts the same once, and again after half a day', async () => {
    let now = 0;
    const { puts, inner } = counted();
    const store = new KnownObjects(inner, () => now);
    await store.put('a', bytes);
    await store.put('a', bytes);
    expect(puts).toStrictEqual(['a']);
    now = 12 * HOUR;
    await store.put('a', bytes);
    expect(puts).toStrictEqual(['a', 'a']);
  });

  it('does not know what could not be put', async () => {
    let isAway = true;
    const { puts, inner } = counted(() => isAway);
    const store = new KnownObjects(inner, () => 0);
    await expect(store.put('a', bytes)).rejects.toThrow('away');
    isAway = false;
    await store.put('a', bytes);
    expect(puts).toStrictEqual(['a', 'a']);
  });

  it('forgets everything when it is swept', async () => {
    const { puts, inner } = counted();
    const store = new KnownObjects(inner, () => 0);
    await store.put('a', bytes);
    await store.sweep(new Date(0));
    await store.put('a', bytes);
    expect(puts).toStrictEqual(['a', 'a']);
  });

  it('keeps a bounded number in mind', async () => {
    const { puts, inner } = counted();
    const store = new KnownObjects(inner, () => 0);
    for (let index = 0; index <= 10_000; index += 1) await store.put(`${index}`, bytes);
    await store.put('0', bytes);
    await store.put('10000', bytes);
    expect(puts.length).toBe(10_002);
  });
});
