import { describe, expect, it } from 'vitest';
import type { HoldStatus } from '@drawbridge/contracts';
import type { Guarded } from '../chain/guard-call.js';
import { LiveCalls } from '../streams/live-calls.js';
import { WaitingRoom } from './waiting-room.js';

const holdId = '01a200fc-e240-8ced-950d-def6bcaf0208';

function room(status: HoldStatus = 'open') {
  const cancelled: string[] = [];
  const live = new LiveCalls();
  const waits: number[] = [];
  const waiting = new WaitingRoom({
    desk: {
      decision: (_id, { waitMs, signal }) => {
        waits.push(waitMs);
        if (waitMs === 0) return Promise.resolve('open');
        return new Promise((resolve) => signal.addEventListener('abort', () => resolve('open')));
      },
      cancel: (id, reason) => {
        cancelled.push(`${id === holdId ? 'it' : id} ${reason}`);
        return Promise.resolve();
      },
    },
    held: {
      statusOf: () => status,
      liveOfGrant: () => [holdId],
      liveOfOtherPolicies: () => [holdId],
    },
    live,
    logger: { log: () => undefined, warn: () => undefined, error: () => undefined },
    clientBackMs: 1,
  });
  return { waiting, cancelled, live, waits };
}

function call(policyVersion = 'p1') {
  const closers: (() => void)[] = [];
  const made = {
    commandId: 'c',
    guard: { policyVersion },
    agent: { issuer: 'https://idp.test', subject: 'a' },
    grant: { grantId: 'g', endsAtMs: 9e15 },
    connection: 'prod',
    tokenExpiresAt: new Date(8e15),
    answer: {
      destroyed: false,
      on: (_event: string, listener: () => void) => void closers.push(listener),
    },
  } as unknown as Guarded;
  return { call: made, leave: () => closers.forEach((close) => close()) };
}

const wait = { holdId, waitMs: 60_000 };
const soon = () => new Promise((resolve) => setTimeout(resolve, 20));

describe('a call that waits', () => {
  it('ends its hold when its client goes away and nobody else waits', async () => {
    const { waiting, cancelled } = room();
    const { call: one, leave } = call();
    const waited = waiting.wait(one, wait);
    leave();
    expect(await waited).toBe('client_gone');
    await soon();
    expect(cancelled).toStrictEqual(['it client_gone']);
    expect(waiting.size).toBe(0);
  });

  it('leaves the hold to another that waits for it too', async () => {
    const { waiting, cancelled } = room();
    const [one, other] = [call(), call()];
    const waits = [waiting.wait(one.call, wait), waiting.wait(other.call, wait)];
    one.leave();
    await waits[0];
    await soon();
    expect(cancelled).toStrictEqual([]);
    expect(waiting.size).toBe(1);
    other.leave();
    await waits[1];
  });

  it('does not take a yes back that was given meanwhile', async () => {
    const { waiting, cancelled } = room('approved');
    const { call: one, leave } = call();
    const waited = waiting.wait(one, wait);
    leave();
    await waited;
    await soon();
    expect(cancelled).toStrictEqual([]);
  });

  it('ends with its grant, also a hold that is not known yet to be of it', async () => {
    const { waiting, live, cancelled } = room();
    const waited = waiting.wait(call().call, wait);
    live.cutGrant('g', 'grant_revoked');
    await expect(waited).rejects.toMatchObject({ code: 'grant_revoked' });
    expect(live.size).toBe(0);
    expect(cancelled).toStrictEqual(['it grant_ended']);
  });

  it('stays when only its call is ended', async () => {
    const { waiting, live, cancelled } = room();
    const waited = waiting.wait(call().call, wait);
    live.cutGrant('g', 'grant_group_lost');
    await expect(waited).rejects.toMatchObject({ code: 'grant_group_lost' });
    expect(cancelled).toStrictEqual([]);
  });

  it('is woken by another policy, and not by the same one', async () => {
    const { waiting, cancelled } = room();
    const [old, fresh] = [call('p1'), call('p2')];
    const woken = waiting.wait(old.call, wait);
    const waits = waiting.wait(fresh.call, wait);
    waiting.policyChanged('p2');
    expect(await woken).toBe('policy_changed');
    expect(cancelled).toStrictEqual(['it policy_changed']);
    expect(waiting.size).toBe(1);
    fresh.leave();
    await waits;
  });

  it('is told to come again when too many wait for the same', async () => {
    const { waiting, waits } = room();
    const many = Array.from({ length: 9 }, () => call());
    const all = many.map((one) => waiting.wait(one.call, wait));
    expect(await all[8]).toBe('open');
    expect(waits.filter((ms) => ms === 0)).toHaveLength(1);
    for (const one of many) one.leave();
    await Promise.all(all);
  });
});
