import type { AuditTrailEvent } from '@drawbridge/contracts';
import { createLogger } from '@drawbridge/runtime';
import { InMemoryEventStore } from '@drawbridge/testing';
import { describe, expect, it } from 'vitest';
import type { SealingState } from '../domain/sealing-outage.js';
import { SealingAlarm } from './sealing-alarm.js';

const LATE_MS = 60_000;
const began = Date.parse('2026-01-05T09:00:00Z');
const after = (seconds: number) => began + seconds * 1_000;

/** Knows what was told, and how often it was read. */
class TestRecord extends InMemoryEventStore<AuditTrailEvent> {
  reads = 0;

  get told(): readonly string[] {
    return this.log.map(
      ({ event: { type, data } }) => `${type} ${'stream' in data ? data.stream : ''}`,
    );
  }

  override load(aggregateId: string) {
    this.reads += 1;
    return super.load(aggregateId);
  }
}

/** A process of its own: says what it finds so many seconds after the beginning. */
function processOf(events: TestRecord) {
  let now = began;
  const logger = createLogger('audit', { level: 'fatal' });
  const alarm = new SealingAlarm({ events, clock: () => new Date(now), logger, name: 'log.test' });
  return async (seconds: number, ...found: readonly SealingState[]) => {
    now = after(seconds);
    await alarm.tell(found, LATE_MS);
  };
}

const stopped = (stream: string, since: number, wellAt = 0): SealingState => ({
  ...{ stream, wellAt },
  outage: { since: after(since), code: 'seal_late' },
});
const well = (stream: string, at: number): SealingState => ({
  ...{ stream, wellAt: after(at) },
  outage: undefined,
});
const ACCESS = ['SealingStopped ACCESS', 'SealingResumed ACCESS'];

describe('what is told of sealing', () => {
  it('is that it stopped once, and once that it goes on, for each outage', async () => {
    const record = new TestRecord();
    const found = processOf(record);
    for (const start of [0, 1_000, 2_000]) {
      await found(start + 70, stopped('ACCESS', start));
      await found(start + 80, stopped('ACCESS', start));
      await found(start + 90, well('ACCESS', start + 89));
      await found(start + 100, well('ACCESS', start + 100));
    }
    expect(record.told).toEqual([...ACCESS, ...ACCESS, ...ACCESS]);
  });

  it('is the same when each time another process tells it', async () => {
    const record = new TestRecord();
    for (const start of [0, 1_000, 2_000]) {
      await processOf(record)(start + 70, stopped('ACCESS', start));
      await processOf(record)(start + 80, stopped('ACCESS', start + 5));
      await processOf(record)(start + 90, well('ACCESS', start + 89));
      await processOf(record)(start + 100, well('ACCESS', start + 100));
    }
    expect(record.told).toEqual([...ACCESS, ...ACCESS, ...ACCESS]);
  });

  it('is told of each stream by itself', async () => {
    const record = new TestRecord();
    const found = processOf(record);
    await found(70, stopped('ACCESS', 0), well('HOLDS', 69));
    await found(90, stopped('ACCESS', 0), stopped('HOLDS', 20));
    await found(110, well('ACCESS', 109), stopped('HOLDS', 20));
    expect(record.told).toEqual([
      'SealingStopped ACCESS',
      'SealingStopped HOLDS',
      'SealingResumed ACCESS',
    ]);
  });

  it('is not that it goes on while nobody has seen that it does', async () => {
    const record = new TestRecord();
    await processOf(record)(70, stopped('ACCESS', 0));
    // One that has just started, and one that has not waited long enough yet, by a clock that differs.
    await processOf(record)(75, { stream: 'ACCESS', wellAt: 0, outage: undefined });
    await processOf(record)(75, well('ACCESS', 3));
    expect(record.told).toEqual(['SealingStopped ACCESS']);
  });

  it('does not go to and fro when one process alone sees an outage', async () => {
    const record = new TestRecord();
    const [alone, other] = [processOf(record), processOf(record)];
    for (let seconds = 70; seconds < 3_600; seconds += 10) {
      await alone(seconds, stopped('', 0));
      await other(seconds, well('', seconds));
    }
    expect(record.told).toEqual(['SealingStopped ', 'SealingResumed ']);
  });

  it('is once, when all replicas find it at the same time', async () => {
    const record = new TestRecord();
    const replicas = Array.from({ length: 5 }, () => processOf(record));
    await Promise.all(replicas.map((found) => found(70, stopped('ACCESS', 0))));
    await Promise.all(replicas.map((found) => found(90, well('ACCESS', 89))));
    expect(record.told).toEqual(ACCESS);
  });

  it('is found by a new process in few reads, however many outages there were', async () => {
    const record = new TestRecord();
    const found = processOf(record);
    for (let outage = 0; outage < 300; outage += 1) {
      await found(outage * 1_000 + 70, stopped('ACCESS', outage * 1_000));
      await found(outage * 1_000 + 90, well('ACCESS', outage * 1_000 + 89));
    }
    const last = processOf(record);
    record.reads = 0;
    await last(300_000, well('ACCESS', 300_000));
    expect(record.reads).toBeLessThan(60);
    record.reads = 0;
    await last(300_010, well('ACCESS', 300_010));
    expect(record.reads).toBe(1);
    expect(record.told).toHaveLength(600);
  });

  it('waits until it can be told', async () => {
    const record = new TestRecord();
    const found = processOf(record);
    const load = record.load.bind(record);
    record.load = () => Promise.reject(new Error('away'));
    await found(70, stopped('ACCESS', 0));
    record.load = load;
    await found(80, stopped('ACCESS', 0));
    expect(record.told).toEqual(['SealingStopped ACCESS']);
  });
});
