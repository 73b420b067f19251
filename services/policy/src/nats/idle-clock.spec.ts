import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { endings, issued, terms } from '../../test/story.js';
import { IdleClock } from './idle-clock.js';

const startMs = Date.parse('2026-01-05T09:00:00.000Z');
const requestId = '019c0000-1111-7000-8000-000000000001';
const recorded = (event: AccessEvent): RecordedEvent<AccessEvent> => ({
  id: 'event-1',
  aggregateId: requestId,
  sequence: 1,
  causationId: 'test',
  actor: { kind: 'service', id: 'policy' },
  at: new Date(startMs).toISOString(),
  event,
});
const idle = (idleSeconds: number) => issued({ terms: { ...terms, limits: { idleSeconds } } });

/** A clock over notes that the test makes; time passes only when it is told to. */
function watching(lastUsed: () => number | undefined) {
  const ended: { requestId: string; lastUsedMs: number | undefined }[] = [];
  const silent = () => undefined;
  const clock = new IdleClock({
    commands: {
      endIdle: ({ requestId: id, lastUsedMs }) => {
        ended.push({ requestId: id, lastUsedMs });
        return Promise.resolve();
      },
    },
    lastUsed: () => Promise.resolve().then(lastUsed),
    clock: () => new Date(),
    logger: { log: silent, warn: silent, error: silent },
  });
  return { clock, ended };
}

describe('the clock of grants that may not go unused', () => {
  beforeEach(() => void vi.useFakeTimers({ now: startMs }));
  afterEach(() => void vi.useRealTimers());
  const pass = (seconds: number) => vi.advanceTimersByTimeAsync(seconds * 1_000);

  it('ends one that was never used a quarter behind its time', async () => {
    const { clock, ended } = watching(() => undefined);
    clock.apply(recorded(idle(80)));
    clock.start();
    await pass(99);
    expect(ended).toStrictEqual([]);
    await pass(2);
    expect(ended).toStrictEqual([{ requestId, lastUsedMs: undefined }]);
    await clock.close();
  });

  it('looks again as late as the last use allows', async () => {
    const lastUsed = vi.fn(() => startMs + 60_000);
    const { clock, ended } = watching(lastUsed);
    clock.apply(recorded(idle(80)));
    clock.start();
    await pass(159);
    expect(ended).toStrictEqual([]);
    expect(lastUsed).toHaveBeenCalledOnce();
    await pass(2);
    expect(ended).toStrictEqual([{ requestId, lastUsedMs: startMs + 60_000 }]);
    await clock.close();
  });

  it('believes a use that it has seen, also when its note is lost', async () => {
    let note: number | undefined = startMs + 60_000;
    const { clock, ended } = watching(() => note);
    clock.apply(recorded(idle(80)));
    clock.start();
    await pass(101);
    note = undefined;
    await pass(50);
    expect(ended).toStrictEqual([]);
    await pass(10);
    expect(ended).toStrictEqual([{ requestId, lastUsedMs: startMs + 60_000 }]);
    await clock.close();
  });

  it('waits for uses that cannot be read as long once more, and then ends the grant', async () => {
    const { clock, ended } = watching(() => {
      throw new Error('no such bucket');
    });
    clock.apply(recorded(idle(80)));
    clock.start();
    await pass(175);
    expect(ended).toStrictEqual([]);
    await pass(11);
    expect(ended[0]).toStrictEqual({ requestId, lastUsedMs: undefined });
    await clock.close();
  });

  it.each<[string, AccessEvent[]]>([
    ['has ended', [idle(80), endings.GrantRevoked]],
    ['may go unused', [issued()]],
  ])('lets one alone that %s', async (_, events) => {
    const lastUsed = vi.fn(() => undefined);
    const { clock, ended } = watching(lastUsed);
    for (const event of events) clock.apply(recorded(event));
    clock.start();
    await pass(1_000);
    expect([ended, lastUsed.mock.calls]).toStrictEqual([[], []]);
    await clock.close();
  });
});
