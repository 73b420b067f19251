import { hash } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MAX_OBJECT_BYTES } from '@drawbridge/object-store';
import { BodyCapture } from './body-capture.js';
import { BodyMemory } from './body-memory.js';
import type { BodyLimits } from './body-plan.js';

const KIB = 1_024;
const MIB = MAX_OBJECT_BYTES;
const usual = { inlineBytes: 32 * KIB, maxBytes: 16 * MIB };
const sha256Of = (bytes: Uint8Array) => hash('sha256', bytes, 'hex');
/** Bytes of which no two mebibytes are the same. */
const bytesOf = (length: number) =>
  Buffer.alloc(length, Buffer.from(Array.from({ length: 251 }, (_, index) => index)));
const turn = () => new Promise((resolve) => setImmediate(resolve));

/** A store whose every answer a test gives, or one that answers at once. */
class Store {
  readonly kept = new Map<string, Buffer>();
  readonly waiting: ((stored: boolean) => void)[] = [];
  trouble: 'object_store_missing' | 'object_store_unavailable' | undefined;

  constructor(private readonly answers: 'at once' | 'when told' | 'no' = 'at once') {}

  put(sha256: string, bytes: Uint8Array): Promise<boolean> {
    this.kept.set(sha256, Buffer.from(bytes));
    if (this.answers !== 'when told') return Promise.resolve(this.answers === 'at once');
    return new Promise((resolve) => this.waiting.push(resolve));
  }

  whole(objects: readonly { readonly sha256: string }[]): Buffer {
    return Buffer.concat(objects.map(({ sha256 }) => this.kept.get(sha256) ?? Buffer.alloc(0)));
  }
}

function captureIn(store: Store, limits: BodyLimits = usual, memory = new BodyMemory()) {
  return { memory, capture: new BodyCapture({ limits, store, memory }) };
}

function pushAll(capture: BodyCapture, bytes: Buffer, sizes: readonly number[]): void {
  let at = 0;
  for (let index = 0; at < bytes.length; index += 1) {
    const size = Math.max(1, sizes[index % Math.max(1, sizes.length)] ?? KIB);
    // Written to again when it was pushed, as the memory that answers come in is.
    const lent = Buffer.from(bytes.subarray(at, at + size));
    capture.push(lent);
    lent.fill(0);
    at += size;
  }
}

describe('a body on its way', () => {
  it('that is short is kept in the record, without waiting', () => {
    const { capture, memory } = captureIn(new Store());
    pushAll(capture, Buffer.from('a short body'), [5]);
    const content = Buffer.from('a short body');
    expect(capture.finish()).toStrictEqual({
      ...{ bytes: 12, sha256: sha256Of(content), content, objects: [], cut: undefined },
    });
    expect(memory.heldBytes).toBe(0);
  });

  it('that is long is kept in pieces of a mebibyte', async () => {
    const store = new Store();
    const { capture, memory } = captureIn(store);
    const bytes = bytesOf(2 * MIB + 700 * KIB);
    pushAll(capture, bytes, [60 * KIB]);
    const body = await capture.finish();
    expect(body).toMatchObject({ bytes: bytes.length, sha256: sha256Of(bytes), cut: undefined });
    expect(body.objects.map((object) => object.bytes)).toStrictEqual([MIB, MIB, 700 * KIB]);
    expect(store.whole(body.objects).equals(bytes)).toBe(true);
    expect(body.objects.every(({ sha256 }) => sha256Of(store.kept.get(sha256)!) === sha256)).toBe(
      true,
    );
    expect(memory.heldBytes).toBe(0);
  });

  it('is the beginning of what passed, and hashed whole, however it comes and whatever is kept', async () => {
    const lengths = fc.nat(3 * MIB);
    const sizes = fc.array(fc.integer({ min: 1, max: 900 * KIB }), { minLength: 1, maxLength: 4 });
    const limits = fc.record({
      inlineBytes: fc.constantFrom(0, 10, 64 * KIB),
      maxBytes: fc.constantFrom(0, 5, 20_000, MIB, 2 * MIB + 1, 16 * MIB),
    });
    await fc.assert(
      fc.asyncProperty(lengths, sizes, limits, async (length, pieces, limit) => {
        const store = new Store();
        const { capture, memory } = captureIn(store, limit);
        const bytes = bytesOf(length);
        pushAll(capture, bytes, [...pieces, 50 * KIB]);
        const body = await capture.finish();
        const kept = body.objects.length > 0 ? store.whole(body.objects) : body.content;
        expect(kept.equals(bytes.subarray(0, Math.min(length, limit.maxBytes)))).toBe(true);
        expect(body.sha256).toBe(sha256Of(bytes));
        expect(body.bytes).toBe(length);
        expect(body.cut).toBe(length > limit.maxBytes ? 'body_limit' : undefined);
        expect(body.objects.length === 0 || body.content.length === 0).toBe(true);
        expect(memory.heldBytes).toBe(0);
      }),
      { numRuns: 60 },
    );
  });

  it('says why it is over when there was more to come', () => {
    const { capture } = captureIn(new Store());
    capture.push(Buffer.from('half'));
    expect(capture.finish('client_gone')).toMatchObject({ bytes: 4, cut: 'client_gone' });
  });
});

describe('a body that has nowhere to go', () => {
  it.each(['object_store_missing', 'object_store_unavailable'] as const)(
    'keeps its beginning: %s',
    async (trouble) => {
      const store = new Store();
      store.trouble = trouble;
      const { capture, memory } = captureIn(store);
      const bytes = bytesOf(5 * MIB);
      pushAll(capture, bytes, [200 * KIB]);
      expect(memory.heldBytes).toBe(0);
      expect(await capture.finish()).toMatchObject({
        ...{ bytes: bytes.length, sha256: sha256Of(bytes), objects: [], cut: trouble },
        content: bytes.subarray(0, 32 * KIB),
      });
    },
  );

  it('keeps what was stored before the first piece that could not be', async () => {
    const store = new Store('when told');
    const { capture, memory } = captureIn(store);
    const bytes = bytesOf(4 * MIB);
    pushAll(capture, bytes.subarray(0, 2 * MIB), [MIB]);
    store.waiting[0]?.(true);
    store.waiting[1]?.(false);
    await turn();
    expect(capture.push(bytes.subarray(2 * MIB))).toBe(true);
    const body = await capture.finish();
    expect(body).toMatchObject({ cut: 'object_store_unavailable', sha256: sha256Of(bytes) });
    expect(body.objects).toHaveLength(1);
    expect(memory.heldBytes).toBe(0);
  });

  it('keeps its beginning when not even the first piece could be stored', async () => {
    const { capture } = captureIn(new Store('no'));
    const bytes = bytesOf(MIB + KIB);
    pushAll(capture, bytes, [64 * KIB]);
    expect(await capture.finish()).toMatchObject({
      ...{ objects: [], cut: 'object_store_unavailable' },
      content: bytes.subarray(0, 32 * KIB),
    });
  });
});

describe('the memory of a piece', () => {
  /** Reads what it was given when it answers, as a socket may. */
  class SlowStore extends Store {
    readonly given: { readonly sha256: string; readonly bytes: Uint8Array }[] = [];

    override put(sha256: string, bytes: Uint8Array): Promise<boolean> {
      this.given.push({ sha256, bytes });
      return super.put(sha256, bytes);
    }

    get intact(): boolean {
      return this.given.every(({ sha256, bytes }) => sha256Of(bytes) === sha256);
    }
  }
  const other = Buffer.alloc(3 * MIB, 'another body');

  it('counts as what it takes up, however little is in it', async () => {
    const { capture, memory } = captureIn(new Store());
    capture.push(bytesOf(MIB));
    await turn();
    expect(memory.heldBytes).toBe(0);
    capture.push(bytesOf(1));
    expect(memory.heldBytes).toBe(MIB);
    await capture.finish();
    expect(memory.heldBytes).toBe(0);
  });

  it('is nobody else’s until it is stored', () => {
    const store = new SlowStore('when told');
    captureIn(store).capture.push(bytesOf(2 * MIB));
    pushAll(captureIn(new Store('when told')).capture, other, [64 * KIB]);
    expect([store.given.length, store.intact]).toStrictEqual([2, true]);
  });

  it('is nobody else’s when it could not be stored: it may still be on its way', async () => {
    const store = new SlowStore('no');
    captureIn(store).capture.push(bytesOf(2 * MIB));
    await turn();
    pushAll(captureIn(new Store('when told')).capture, other, [64 * KIB]);
    expect([store.given.length, store.intact]).toStrictEqual([2, true]);
  });
});

describe('a body that comes faster than it can be stored', () => {
  it('is held back with two pieces under way, until one is stored', async () => {
    const store = new Store('when told');
    const { capture, memory } = captureIn(store);
    let goneOn = 0;
    capture.onDrain(() => (goneOn += 1));
    expect(capture.push(bytesOf(MIB))).toBe(true);
    expect(capture.push(bytesOf(MIB))).toBe(false);
    expect(memory.heldBytes).toBe(2 * MIB);
    await turn();
    expect(goneOn).toBe(0);
    store.waiting[0]?.(true);
    await turn();
    expect(goneOn).toBe(1);
    expect(memory.heldBytes).toBe(MIB);
  });

  it('waits for memory that others hold, who then put down what they have', async () => {
    const store = new Store('when told');
    const memory = new BodyMemory(MIB + 200 * KIB);
    const [slow, quick] = [captureIn(store, usual, memory), captureIn(store, usual, memory)];
    expect(slow.capture.push(bytesOf(900 * KIB))).toBe(true);
    let goneOn = 0;
    quick.capture.onDrain(() => (goneOn += 1));
    expect(quick.capture.push(bytesOf(200 * KIB))).toBe(false);
    // Nobody holds anything that is not under way.
    expect(store.waiting).toHaveLength(2);
    store.waiting[0]?.(true);
    await turn();
    expect(goneOn).toBe(1);
    store.waiting[1]?.(true);
    const bodies = Promise.all([slow.capture.finish(), quick.capture.finish()]);
    for (const answer of store.waiting.slice(2)) answer(true);
    expect((await bodies).map(({ cut }) => cut)).toStrictEqual([undefined, undefined]);
    expect(memory.heldBytes).toBe(0);
  });

  it('goes on although the memory was filled by others while its own pieces were stored', async () => {
    const store = new Store('when told');
    const memory = new BodyMemory(3 * MIB);
    const one = captureIn(store, usual, memory).capture;
    let goneOn = 0;
    one.onDrain(() => (goneOn += 1));
    one.push(bytesOf(MIB));
    expect(one.push(bytesOf(MIB))).toBe(false);
    const other = captureIn(store, usual, memory).capture;
    other.push(bytesOf(MIB));
    other.push(bytesOf(MIB));
    store.waiting[0]?.(true);
    await turn();
    expect(goneOn).toBe(0);
    store.waiting[2]?.(true);
    await turn();
    expect(goneOn).toBe(1);
  });
});
