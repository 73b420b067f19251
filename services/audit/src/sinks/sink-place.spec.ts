import type { RevisedBucket } from '@drawbridge/jetstream';
import { describe, expect, it } from 'vitest';
import { SinkPlace, SinkPlaceLost } from './sink-place.js';

/** A bucket in memory; `lost` answers get lost after what was asked was done, or before. */
function bucketInMemory() {
  let [value, revision]: [unknown, number] = [undefined, 0];
  const faults: ('after' | 'before')[] = [];
  const replace: RevisedBucket['replace'] = (_key, next, expected) => {
    const fault = faults.shift();
    if (fault === 'before') return Promise.reject(new Error('no answer'));
    if (expected !== revision) return Promise.resolve(undefined);
    value = structuredClone(next);
    revision += 1;
    return fault === 'after' ? Promise.reject(new Error('no answer')) : Promise.resolve(revision);
  };
  const bucket: RevisedBucket = {
    read: () => Promise.resolve({ value, revision }),
    write: async (...asked) => (await replace(...asked)) !== undefined,
    replace,
  };
  return { bucket, faults, value: () => value };
}

const never = new AbortController().signal;
const placeOf = (bucket: RevisedBucket, owner: string, takeOverMs = 60_000) =>
  new SinkPlace({
    ...{ bucket, owner, takeOverMs, sink: 's' },
    beginnings: (kept) => Promise.resolve({ ACCESS: 5, ...kept }),
  });

describe('the place of a sink', () => {
  it('begins where it is told, and moves on', async () => {
    const { bucket, value } = bucketInMemory();
    const place = placeOf(bucket, 'a');
    expect(await place.acquire(never)).toBe(true);
    const access = place.of('ACCESS');
    expect(access.position).toBe(5);
    await access.intend(9);
    expect(access.intended).toBe(9);
    await access.advance(9);
    expect([access.position, access.intended]).toEqual([9, undefined]);
    expect(value()).toEqual({ owner: 'a', positions: { ACCESS: 9 }, intents: {} });
  });

  it('knows what was taken last, also when another process goes on', async () => {
    const { bucket } = bucketInMemory();
    const [one, other] = [placeOf(bucket, 'a'), placeOf(bucket, 'b')];
    await one.acquire(never);
    expect(one.of('ACCESS').taken).toBeUndefined();
    await one.of('ACCESS').advance(7, { sequence: 6, line: 2 });
    await one.of('HOLDS').advance(3, { sequence: 3, line: 0 });
    await one.renew({ since: '2026-01-05T09:00:00Z', code: 'sink_refused' });
    // Of what came behind it nothing was taken.
    await one.of('ACCESS').advance(9);
    await one.release();
    await other.acquire(never);
    expect(other.of('ACCESS').taken).toEqual({ sequence: 6, line: 2 });
    expect(other.of('HOLDS').taken).toEqual({ sequence: 3, line: 0 });
  });

  it('is for one at a time, until it is let go', async () => {
    const { bucket } = bucketInMemory();
    const [one, other] = [placeOf(bucket, 'a'), placeOf(bucket, 'b')];
    await one.acquire(never);
    const stop = new AbortController();
    const waiting = other.acquire(stop.signal);
    stop.abort();
    expect(await waiting).toBe(false);
    await one.of('ACCESS').advance(7);
    await one.release();
    expect(await other.acquire(never)).toBe(true);
    expect(other.of('ACCESS').position).toBe(7);
  });

  it('is taken over from one that is silent, who then finds out and moves nothing', async () => {
    const { bucket, value } = bucketInMemory();
    const [one, other] = [placeOf(bucket, 'a'), placeOf(bucket, 'b', 1)];
    await one.acquire(never);
    await one.of('ACCESS').intend(8);
    expect(await other.acquire(never)).toBe(true);
    expect(other.of('ACCESS').intended).toBe(8);
    await other.of('ACCESS').advance(20);
    await expect(one.of('ACCESS').advance(8)).rejects.toThrow(SinkPlaceLost);
    await expect(one.renew(undefined)).rejects.toThrow(SinkPlaceLost);
    expect(value()).toMatchObject({ owner: 'b', positions: { ACCESS: 20 } });
  });

  it('knows whether it was kept when the answer is lost', async () => {
    const { bucket, faults } = bucketInMemory();
    const place = placeOf(bucket, 'a');
    await place.acquire(never);
    faults.push('after');
    await place.of('ACCESS').advance(6);
    expect(place.of('ACCESS').position).toBe(6);
    faults.push('before');
    await expect(place.of('ACCESS').advance(7)).rejects.toThrow('could not be kept');
    expect(place.of('ACCESS').position).toBe(6);
    await place.of('ACCESS').advance(7);
    expect(place.of('ACCESS').position).toBe(7);
  });

  it('keeps changes of several streams that come at once', async () => {
    const { bucket, value } = bucketInMemory();
    const place = placeOf(bucket, 'a');
    await place.acquire(never);
    await Promise.all(['ACCESS', 'HOLDS', 'STOPS'].map((one) => place.of(one).advance(9)));
    expect(value()).toMatchObject({ positions: { ACCESS: 9, HOLDS: 9, STOPS: 9 } });
  });

  it('tells what fails, until it does not', async () => {
    const { bucket, value } = bucketInMemory();
    const place = placeOf(bucket, 'a');
    await place.acquire(never);
    const failing = { since: '2026-01-05T09:00:00Z', code: 'sink_unavailable' };
    await place.renew(failing);
    expect(value()).toMatchObject({ failing });
    await place.renew(undefined);
    expect(value()).not.toHaveProperty('failing');
  });
});
