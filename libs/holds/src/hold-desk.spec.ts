import type { HoldEvent } from '@drawbridge/contracts';
import { handleCommand } from '@drawbridge/kernel';
import { InMemoryEventStore } from '@drawbridge/testing';
import { beforeEach, describe, expect, it } from 'vitest';
import {
  agent,
  alice,
  at,
  bob,
  call,
  facts,
  grantId,
  limits,
  minute,
  request,
} from '../test/sample-holds.js';
import { hold, type HoldCommand } from './domain/hold.js';
import { HeldCalls } from './held-calls.js';
import { HoldDesk } from './hold-desk.js';

const grant = { grantId, endsAt: request.grantEndsAt };
const stay = new AbortController().signal;

let log: InMemoryEventStore<HoldEvent>;
let held: HeldCalls;
let desk: HoldDesk;
let now: string;
let ids: number;
const newId = () => `018f0000-0000-7000-8000-${String((ids += 1)).padStart(12, '0')}`;

beforeEach(() => {
  [log, held, now, ids] = [new InMemoryEventStore<HoldEvent>(), new HeldCalls(), at, 0];
  desk = new HoldDesk({ store: log, held, clock: () => new Date(now), newId, limits });
});

const follow = () => {
  for (const event of log.log) held.apply(event);
};
const decide = async (holdId: string, command: HoldCommand) => {
  const metadata = {
    id: newId(),
    causationId: 'x',
    actor: { kind: 'human', id: 'x' },
    at: now,
  } as const;
  await handleCommand(log, hold, { aggregateId: holdId, command, metadata });
};
const approve = (holdId: string) =>
  decide(holdId, { type: 'ApproveHold', approver: alice, via: 'http', at: now });
const deny = (holdId: string) =>
  decide(holdId, { type: 'DenyHold', approver: bob, via: 'http', reason: 'not now', at: now });
const changed = (path: string) => ({ ...facts, call: { ...call, path } });

describe('a call that is held', () => {
  it('names the agent as who caused it', async () => {
    const { holdId, status, decideBy } = await desk.hold(facts);
    expect({ status, decideBy }).toStrictEqual({ status: 'open', decideBy: minute(15) });
    expect(log.log).toMatchObject([
      {
        aggregateId: holdId,
        actor: { kind: 'agent', id: 'https://idp.corp.test#agent-oncall' },
        causationId: facts.commandId,
        event: { type: 'CommandHeld', data: { generation: 0, digest: request.digest } },
      },
    ]);
  });

  it('is joined by the same call, on any replica, and not by another', async () => {
    const one = await desk.hold(facts);
    const replica = new HoldDesk({
      store: log,
      held: new HeldCalls(),
      clock: () => new Date(now),
      newId,
      limits,
    });
    expect(await replica.hold({ ...facts, commandId: newId() })).toStrictEqual(one);
    expect(await replica.find(call)).toStrictEqual(one);
    expect(await replica.find({ ...call, resourceVersion: '4712' })).toBeUndefined();
    expect((await replica.hold(changed('/api/v1/namespaces/other'))).holdId).not.toBe(one.holdId);
  });

  it('that comes again after the approval finds it, passes once, and is asked again', async () => {
    const { holdId } = await desk.hold(facts);
    await approve(holdId);
    expect(await desk.find(call)).toMatchObject({
      holdId,
      status: 'approved',
      validUntil: minute(5),
    });
    await desk.release({ holdId, call, commandId: 'first', grant });
    await desk.release({ holdId, call, commandId: 'first', grant });
    await expect(desk.release({ holdId, call, commandId: 'second', grant })).rejects.toMatchObject({
      code: 'hold_used',
    });
    const next = await desk.hold({ ...facts, commandId: newId() });
    expect(next).toMatchObject({ status: 'open' });
    expect(next.holdId).not.toBe(holdId);
    expect(log.log.at(-1)?.event).toMatchObject({ data: { generation: 1 } });
  });

  it('is refused while a denial stands, with the reason, and asked again later', async () => {
    const { holdId } = await desk.hold(facts);
    await deny(holdId);
    const refusal = {
      code: 'hold_denied',
      message: `an approver denied this call: not now; it can be asked again after ${minute(10)}`,
    };
    await expect(desk.hold(facts)).rejects.toMatchObject(refusal);
    await expect(desk.find(call)).rejects.toMatchObject(refusal);
    now = minute(10);
    expect(await desk.hold(facts)).toMatchObject({ status: 'open' });
  });

  it.each([15, 40])('is another hold after %s minutes without a decision', async (minutes) => {
    const { holdId } = await desk.hold(facts);
    now = minute(minutes);
    expect((await desk.hold(facts)).holdId).not.toBe(holdId);
  });

  it('is not released for a call that changed after the approval', async () => {
    const { holdId } = await desk.hold(facts);
    await approve(holdId);
    const other = { ...call, policyVersion: 'newer' };
    const release = desk.release({ holdId, call: other, commandId: 'x', grant });
    await expect(release).rejects.toMatchObject({ code: 'hold_call_changed' });
    await expect(desk.release({ holdId, call, commandId: 'x' })).rejects.toMatchObject({
      code: 'hold_grant_ended',
    });
  });

  it('can be cancelled, twice too', async () => {
    const { holdId } = await desk.hold(facts);
    await desk.cancel(holdId, 'client_gone', facts.commandId);
    await desk.cancel(holdId, 'client_gone', facts.commandId);
    expect(log.log.map(({ event }) => event.type)).toStrictEqual(['CommandHeld', 'HoldCancelled']);
    expect(await desk.find(call)).toBeUndefined();
  });
});

describe('limits', () => {
  it('count what waits, of this agent only', async () => {
    for (const path of ['/a', '/b']) await desk.hold(changed(path));
    follow();
    await expect(desk.hold(changed('/c'))).rejects.toMatchObject({ code: 'hold_limit_reached' });
    const other = { ...agent, subject: 'agent-reader' };
    expect(await desk.hold({ ...changed('/c'), agent: other })).toMatchObject({ status: 'open' });
    expect(await desk.hold(changed('/a'))).toMatchObject({ status: 'open' });
    now = minute(15);
    expect(await desk.hold(changed('/c'))).toMatchObject({ status: 'open' });
  });

  it('count what was asked within the hour, whatever became of it', async () => {
    for (let index = 0; index < limits.perAgentAndHour; index += 1) {
      const { holdId } = await desk.hold(changed(`/${index}`));
      await desk.cancel(holdId, 'client_gone', 'x');
      follow();
    }
    await expect(desk.hold(changed('/more'))).rejects.toMatchObject({ code: 'hold_limit_reached' });
  });
});

describe('waiting for a decision', () => {
  it('ends the moment its event is there', async () => {
    const { holdId } = await desk.hold(facts);
    follow();
    const waiting = desk.decision(holdId, { waitMs: 60_000, signal: stay });
    await approve(holdId);
    follow();
    expect(await waiting).toBe('approved');
  });

  it.each([
    ['denied', deny],
    ['cancelled', (holdId: string) => desk.cancel(holdId, 'grant_ended', 'x')],
  ] as const)('says %s', async (status, end) => {
    const { holdId } = await desk.hold(facts);
    follow();
    const waiting = desk.decision(holdId, { waitMs: 60_000, signal: stay });
    await end(holdId);
    follow();
    expect(await waiting).toBe(status);
  });

  it('ends with the client, and keeps the hold', async () => {
    const { holdId } = await desk.hold(facts);
    const client = new AbortController();
    const waiting = desk.decision(holdId, { waitMs: 60_000, signal: client.signal });
    client.abort();
    expect(await waiting).toBe('open');
    expect(await desk.find(call)).toMatchObject({ holdId });
  });

  it('reads the history at its end, so that a view that is behind refuses nobody', async () => {
    const { holdId } = await desk.hold(facts);
    await approve(holdId);
    expect(await desk.decision(holdId, { waitMs: 0, signal: stay })).toBe('approved');
  });

  it('does not begin for what is decided', async () => {
    const { holdId } = await desk.hold(facts);
    await deny(holdId);
    follow();
    expect(await desk.decision(holdId, { waitMs: 60_000, signal: stay })).toBe('denied');
  });
});

describe('the view', () => {
  it('forgets a hold when its grant is over', async () => {
    await desk.hold({ ...facts, grantEndsAt: minute(20) });
    follow();
    expect(held.size).toBe(1);
    now = minute(20);
    await desk.hold(changed('/later'));
    follow();
    expect(held.size).toBe(1);
  });

  it('knows what to cancel when a grant ends', async () => {
    const { holdId } = await desk.hold(facts);
    const done = await desk.hold(changed('/done'));
    await deny(done.holdId);
    follow();
    expect(held.liveOfGrant(grantId)).toStrictEqual([holdId]);
    expect(held.liveOfGrant('other')).toStrictEqual([]);
  });

  it('makes nothing of events without a beginning', async () => {
    const { holdId } = await desk.hold(facts);
    await approve(holdId);
    held.apply(log.log[1]!);
    expect(held.statusOf(holdId)).toBeUndefined();
    expect(held.size).toBe(0);
  });
});
