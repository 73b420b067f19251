import { expect, it } from 'vitest';
import { CatchUp } from './catch-up.js';
import type { JetStreamConnection } from './jetstream-connection.js';

it('asks once for all who wait, and again for whoever came after it had asked', async () => {
  const asked: (() => void)[] = [];
  const request = () =>
    new Promise((resolve) => {
      asked.push(() => resolve({ json: () => ({ state: { last_seq: asked.length } }) }));
    });
  const connection: unknown = { nats: { request } };
  const reached: number[] = [];
  const follower = {
    whenReached: (sequence: number) => {
      reached.push(sequence);
      return Promise.resolve(true);
    },
  };
  const catchUp = new CatchUp(connection as JetStreamConnection, { stream: 'ACCESS', follower });
  const first = catchUp.now();
  const later = [catchUp.now(), catchUp.now(), catchUp.now()];
  expect(asked).toHaveLength(1);
  asked[0]?.();
  await first;
  await expect.poll(() => asked.length).toBe(2);
  asked[1]?.();
  await Promise.all(later);
  expect(reached).toEqual([1, 2]);
  const last = catchUp.now();
  asked[2]?.();
  await last;
  expect(reached).toEqual([1, 2, 3]);
});
