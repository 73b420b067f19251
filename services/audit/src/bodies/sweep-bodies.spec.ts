import { describe, expect, it } from 'vitest';
import { sweepBodies } from './sweep-bodies.js';

const logger = () => {
  const lines: unknown[] = [];
  const take = (line: unknown) => void lines.push(line);
  return { lines, logger: { log: take, error: take, warn: take } };
};
const clock = () => new Date('2026-11-22T00:00:00Z');
const turn = () => new Promise((resolve) => setImmediate(resolve));

describe('sweeping bodies', () => {
  it('deletes what is a day older than rows may be', async () => {
    const asked: string[] = [];
    const { lines, logger: log } = logger();
    const objects = {
      sweep: (before: Date) => {
        asked.push(before.toISOString());
        return Promise.resolve(3);
      },
    };
    const stop = sweepBodies({ objects, retentionDays: 30, clock, logger: log });
    await turn();
    stop();
    expect(asked).toStrictEqual(['2026-10-22T00:00:00.000Z']);
    expect(lines).toStrictEqual([{ msg: 'old pieces of bodies deleted', pieces: 3 }]);
  });

  it('goes on when the store is away', async () => {
    const { lines, logger: log } = logger();
    const objects = { sweep: () => Promise.reject(new Error('away')) };
    const stop = sweepBodies({ objects, retentionDays: 30, clock, logger: log });
    await turn();
    stop();
    expect(lines).toMatchObject([{ msg: 'old pieces of bodies could not be deleted' }]);
  });
});
