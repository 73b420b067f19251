import type { LoggerService } from '@nestjs/common';
import { eventually, startNats, type TestNats } from '@drawbridge/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import {
  ClockWatch,
  connectJetStream,
  declareStreams,
  type JetStreamConnection,
} from '../src/index.js';

let nats: TestNats;
let connection: JetStreamConnection;
const close: (() => Promise<unknown>)[] = [];
const logged: unknown[] = [];
const note = (line: unknown) => void logged.push(line);
const logger: LoggerService = { log: note, warn: note, error: note };

beforeEach(async () => {
  logged.length = 0;
  nats = await startNats();
  connection = await connectJetStream({ servers: nats.servers, name: 'clock' });
  await declareStreams(connection, { replicas: 1 });
  close.push(
    () => nats.stop(),
    () => connection.close(),
  );
});
afterEach(async () => {
  for (const end of close.splice(0).reverse()) await end();
});

async function watch(aheadMs: number) {
  const clock = { aheadMs, now: () => new Date(Date.now() + clock.aheadMs) };
  // This machine may be slow, and the server's clock is its own.
  const options = { connection, clock: clock.now, maxSkewMs: 20_000, logger, lookMs: 20 };
  const watched = await ClockWatch.start(options);
  close.push(() => watched.close());
  return { watched, clock };
}

describe('the watch on a clock', () => {
  it('finds a right one right, by the time that the server tells', async () => {
    const { watched } = await watch(0);
    expect(Math.abs(watched.offsetMs)).toBeLessThan(10_000);
    expect([watched.isRight, watched.wrongForMs]).toStrictEqual([true, 0]);
    expect(() => watched.requireRight()).not.toThrow();
  });

  it.each([
    ['ahead', 3_600_000],
    ['behind', -3_600_000],
  ])('finds one wrong that is an hour %s', async (_, aheadMs) => {
    const { watched, clock } = await watch(aheadMs);
    expect(watched.isRight).toBe(false);
    expect(Math.abs(watched.offsetMs + aheadMs)).toBeLessThan(10_000);
    expect(() => watched.requireRight()).toThrow(expect.objectContaining({ code: 'clock_skewed' }));
    expect(logged).toMatchObject([{ msg: 'clock differs too much from the one of NATS' }]);
    // What ends, ends at the earlier of both times.
    const latest = watched.latest().getTime();
    expect(Math.abs(latest - Math.max(Date.now(), clock.now().getTime()))).toBeLessThan(10_000);
    const earliest = watched.earliest().getTime();
    expect(Math.abs(earliest - Math.min(Date.now(), clock.now().getTime()))).toBeLessThan(10_000);
  });

  it('notices when one is set, and set right again', async () => {
    const { watched, clock } = await watch(0);
    clock.aheadMs = 3_600_000;
    await eventually(() => expect(watched.isRight).toBe(false));
    expect(watched.wrongForMs).toBeGreaterThan(0);
    clock.aheadMs = 0;
    await eventually(() => expect(watched.isRight).toBe(true));
    expect(logged).toMatchObject([
      { msg: 'clock differs too much from the one of NATS' },
      { msg: 'clock is right again' },
    ]);
  });

  it('keeps what it knew while the server is away', async () => {
    const { watched } = await watch(3_600_000);
    await nats.stop();
    await eventually(() => expect(connection.connected).toBe(false));
    expect(watched.isRight).toBe(false);
  });

  it('does not begin without knowing', async () => {
    await connection.close();
    await expect(watch(0)).rejects.toThrow();
  });
});
