import { hash } from 'node:crypto';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { MAX_OBJECT_BYTES, type ObjectStore } from '../src/index.js';

export const hashOf = (bytes: Uint8Array): string => hash('sha256', bytes, 'hex');

/** What every object store does. @param open - a store that is used by nobody else */
export function storeContract(open: () => ObjectStore): void {
  const put = async (store: ObjectStore, bytes: Uint8Array) => {
    const sha256 = hashOf(bytes);
    await store.put(sha256, bytes);
    return sha256;
  };

  it('gives back what was put', async () => {
    const store = open();
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ minLength: 1, maxLength: 2_000 }), async (bytes) => {
        const sha256 = await put(store, bytes);
        expect(await store.get(sha256)).toStrictEqual(Buffer.from(bytes));
      }),
      { numRuns: 25 },
    );
  });

  it('takes the longest object, and the same at the same time', async () => {
    const store = open();
    const bytes = Buffer.alloc(MAX_OBJECT_BYTES, 'drawbridge ');
    await Promise.all(Array.from({ length: 5 }, () => put(store, bytes)));
    expect((await store.get(hashOf(bytes))).equals(bytes)).toBe(true);
  });

  it('says what is not there', async () => {
    const sha256 = hashOf(Buffer.from('never put'));
    await expect(open().get(sha256)).rejects.toMatchObject({ code: 'object_missing' });
  });

  it.each(['../../../etc/passwd', '%2e%2e/x', '', 'sha256/aa/b'])(
    'looks at no other place: %j',
    async (name) => {
      await expect(open().get(name)).rejects.toThrow(TypeError);
      await expect(open().put(name, Buffer.from('x'))).rejects.toThrow(TypeError);
    },
  );

  it('sweeps what is older, and nothing else', async () => {
    const store = open();
    const bytes = Buffer.from('to be swept');
    const sha256 = await put(store, bytes);
    expect(await store.sweep(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.get(sha256)).toStrictEqual(bytes);
    expect(await store.sweep(new Date(Date.now() + 60_000))).toBeGreaterThan(0);
    await expect(store.get(sha256)).rejects.toMatchObject({ code: 'object_missing' });
    await put(store, bytes);
    expect(await store.get(sha256)).toStrictEqual(bytes);
  });
}
