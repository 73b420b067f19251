import { describe, expect, it } from 'vitest';
import { BodyStore } from './body-store.js';

function storeWith(put: () => Promise<void>) {
  let now = 0;
  const warned: unknown[] = [];
  const logger = { warn: (line: unknown) => void warned.push(line) };
  const store = new BodyStore({ store: { put }, logger, putMs: 20, now: () => now });
  return { store, warned, pass: (ms: number) => (now += ms) };
}
const piece = Buffer.from('x');

describe('where pieces of bodies go', () => {
  it('says when nothing is configured', async () => {
    const store = new BodyStore({ store: undefined, logger: { warn: () => undefined } });
    expect(store.trouble).toBe('object_store_missing');
    expect(await store.put('a', piece)).toBe(false);
  });

  it('is left alone for a while after it failed, and tried again', async () => {
    let puts = 0;
    const { store, warned, pass } = storeWith(() => {
      puts += 1;
      return puts === 1 ? Promise.reject(new Error('away')) : Promise.resolve();
    });
    expect(await store.put('a', piece)).toBe(false);
    expect(store.trouble).toBe('object_store_unavailable');
    expect(await store.put('a', piece)).toBe(false);
    expect({ puts, failures: store.failures, warned: warned.length }).toStrictEqual({
      ...{ puts: 1, failures: 1, warned: 1 },
    });
    pass(5_000);
    expect(store.trouble).toBeUndefined();
    expect(await store.put('a', piece)).toBe(true);
  });

  it('is not waited for any longer than a call can wait', async () => {
    const { store } = storeWith(() => new Promise(() => undefined));
    expect(await store.put('a', piece)).toBe(false);
    expect(store.trouble).toBe('object_store_unavailable');
  });
});
