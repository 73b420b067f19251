import type { LoggerService } from '@nestjs/common';
import { describe, expect, it } from 'vitest';
import { DueSchedule } from './due-schedule.js';

const silent: LoggerService = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const deadline = Date.parse('2026-01-05T09:30:00.000Z');

function scheduleAt(start: number, act: (id: string) => Promise<void> = () => Promise.resolve()) {
  const world = { now: start, done: [] as string[], looks: 0 };
  const schedule = new DueSchedule({
    act: async (id) => {
      world.done.push(id);
      await act(id);
    },
    clock: () => {
      world.looks += 1;
      return new Date(world.now);
    },
    logger: silent,
  });
  return { world, schedule };
}

describe('a schedule of what is due', () => {
  it('does nothing before its time', async () => {
    const { world, schedule } = scheduleAt(deadline - 1);
    schedule.set('a', deadline);
    await schedule.look();
    expect(world.done).toStrictEqual([]);
  });

  it.each([
    ['at its time', deadline],
    ['after a stop over it', deadline + 86_400_000],
  ])('does it %s', async (_, now) => {
    const { world, schedule } = scheduleAt(now);
    schedule.set('a', deadline);
    await schedule.look();
    expect(world.done).toStrictEqual(['a']);
  });

  it.each([
    ['changed nothing', () => Promise.resolve()],
    ['failed', () => Promise.reject(new Error('down'))],
  ])('comes again after 5 s, and not before, when it %s', async (_, act) => {
    const { world, schedule } = scheduleAt(deadline, act);
    schedule.set('a', deadline);
    await schedule.look();
    world.now += 4_999;
    // An event that leaves the time as it is does not bring it forward.
    schedule.set('a', deadline);
    await schedule.look();
    expect(world.done).toHaveLength(1);
    world.now += 1;
    await schedule.look();
    expect(world.done).toHaveLength(2);
  });

  it('takes another instant at once, also one that was set while it acts', async () => {
    const { world, schedule } = scheduleAt(deadline, () => {
      schedule.set('a', deadline + 10);
      return Promise.reject(new Error('down'));
    });
    schedule.set('a', deadline);
    await schedule.look();
    world.now += 10;
    await schedule.look();
    expect(world.done).toHaveLength(2);
  });

  it('leaves alone what was deleted, also while others are done', async () => {
    const { world, schedule } = scheduleAt(deadline, () => {
      for (let n = 0; n < 100; n += 1) schedule.delete(`r${n}`);
      return Promise.resolve();
    });
    for (let n = 0; n < 100; n += 1) schedule.set(`r${n}`, deadline);
    await schedule.look();
    expect(world.done).toStrictEqual(['r0']);
  });

  it('does many at a time, in the order of their time', async () => {
    const { world, schedule } = scheduleAt(deadline);
    for (let n = 50; n > 0; n -= 1) schedule.set(`r${n}`, deadline - 51 + n);
    await schedule.look();
    expect(world.done).toStrictEqual(Array.from({ length: 50 }, (_, index) => `r${index + 1}`));
  });

  it('looks at what is due and at nothing else of 10 000 that wait', async () => {
    const { world, schedule } = scheduleAt(deadline);
    for (let n = 0; n < 10_000; n += 1) schedule.set(`r${n}`, deadline + 1 + n);
    schedule.set('due', deadline);
    await schedule.look();
    expect(world.done).toStrictEqual(['due']);
    expect(schedule.size).toBe(10_001);
    await schedule.look();
    expect(world.looks).toBe(2);
  });
});
