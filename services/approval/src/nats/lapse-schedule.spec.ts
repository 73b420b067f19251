import type { LoggerService } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { decideBy, requestId } from '../../test/sample-events.js';
import { LapseSchedule } from './lapse-schedule.js';

const silent: LoggerService = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const deadline = Date.parse(decideBy);

function scheduleAt(start: number, lapse: (id: string) => Promise<void> = () => Promise.resolve()) {
  const world = { now: start, waiting: [{ id: requestId, decideBy }], lapsed: [] as string[] };
  const schedule = new LapseSchedule({
    waiting: () => world.waiting,
    lapse: async (id) => {
      world.lapsed.push(id);
      await lapse(id);
    },
    clock: () => new Date(world.now),
    logger: silent,
  });
  return { world, schedule };
}

describe('the schedule of lapses', () => {
  it('never lets a request lapse before its deadline', async () => {
    const { world, schedule } = scheduleAt(deadline - 1);
    await schedule.look();
    expect(world.lapsed).toStrictEqual([]);
  });

  it.each([
    ['at its deadline', deadline],
    ['after a stop over its deadline', deadline + 86_400_000],
  ])('lets it lapse %s', async (_, now) => {
    const { world, schedule } = scheduleAt(now);
    await schedule.look();
    expect(world.lapsed).toStrictEqual([requestId]);
  });

  it('tries again later when it fails, and not before', async () => {
    const { world, schedule } = scheduleAt(deadline, () => Promise.reject(new Error('down')));
    await schedule.look();
    world.now += 4_999;
    await schedule.look();
    expect(world.lapsed).toHaveLength(1);
    world.now += 1;
    await schedule.look();
    expect(world.lapsed).toHaveLength(2);
  });

  it('leaves a request alone that no longer waits', async () => {
    const { world, schedule } = scheduleAt(deadline);
    world.waiting = [];
    await schedule.look();
    expect(world.lapsed).toStrictEqual([]);
  });
});
