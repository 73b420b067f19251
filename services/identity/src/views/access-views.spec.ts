import { describe, expect, it } from 'vitest';
import { principalId, type AccessEvent } from '@drawbridge/contracts';
import { agent, alice, at, recorded, requestId, sample } from '../../test/sample-events.js';
import { AccessViews } from './access-views.js';
import { OpenWaits } from './open-waits.js';

const id = (index: number) => `0198f0a4-7f3a-7c40-8e57-${String(index).padStart(12, '0')}`;
const event = (
  aggregateId: string,
  sequence: number,
  what: AccessEvent = sample.AccessRequested,
) => ({
  ...recorded(what, sequence),
  aggregateId,
});
const me = principalId(agent);

describe('the views', () => {
  it('fold what they are given, once', () => {
    const views = new AccessViews();
    views.fold(recorded(sample.AccessRequested, 1));
    views.fold(recorded(sample.AccessRequestValidated, 2));
    views.fold(recorded(sample.AccessRequestLapsed, 2));
    expect(views.get(requestId)).toMatchObject({ status: 'pending', revision: 2 });
  });

  it('keep the newer of two', () => {
    const views = new AccessViews();
    views.fold(recorded(sample.AccessRequested, 1));
    const old = views.get(requestId)!;
    views.put({ ...old, status: 'withdrawn', revision: 9 });
    views.put(old);
    views.fold(recorded(sample.AccessRequestValidated, 5));
    expect(views.get(requestId)).toMatchObject({ status: 'withdrawn', revision: 9 });
  });

  it('list the requests of one requester, newest first, and count those still open', () => {
    const views = new AccessViews();
    views.fold({ ...event(id(1), 1), at });
    views.fold({ ...event(id(2), 2), at: '2026-01-05T10:00:00.000Z' });
    views.fold({ ...event(id(3), 3), at });
    views.fold(
      event(id(4), 4, {
        ...sample.AccessRequested,
        data: { ...sample.AccessRequested.data, requester: alice },
      }),
    );
    views.fold(event(id(1), 5, sample.AccessRequestWithdrawn));
    expect(views.requestedBy(me).map((view) => view.id)).toStrictEqual([id(2), id(3), id(1)]);
    expect(views.openOf(me)).toHaveLength(2);
    expect(views.openOf(principalId(alice))).toHaveLength(1);
    expect(views.openOf('nobody')).toStrictEqual([]);
  });

  it('forget the requests that ended first, never open ones', () => {
    const views = new AccessViews(2);
    for (const index of [1, 2, 3, 4]) views.fold(event(id(index), index));
    for (const index of [3, 1, 2])
      views.fold(event(id(index), 10 + index, sample.AccessRequestLapsed));
    expect([1, 2, 3, 4].map((index) => views.get(id(index))?.status)).toStrictEqual([
      'lapsed',
      'lapsed',
      undefined,
      'requested',
    ]);
    expect(views.openOf(me)).toHaveLength(1);
  });

  it('call listeners of the changed request until told not to', () => {
    const views = new AccessViews();
    const calls: string[] = [];
    views.fold(event(id(1), 1));
    views.fold(event(id(2), 2));
    const forget = views.onChange(id(1), () => calls.push('one'));
    views.onChange(id(1), () => calls.push('other'));
    views.fold(event(id(2), 3, sample.AccessRequestValidated));
    views.fold(event(id(1), 4, sample.AccessRequestValidated));
    forget();
    forget();
    views.fold(event(id(1), 5, sample.AccessRequestApproved));
    expect(calls).toStrictEqual(['one', 'other', 'other']);
  });

  it('show nothing of a request that is forgotten', () => {
    const views = new AccessViews();
    views.fold(event(id(1), 1));
    views.forget(id(1));
    views.forget(id(1));
    views.fold(event(id(1), 2, sample.AccessRequestValidated));
    expect(views.get(id(1))).toBeUndefined();
    expect(views.requestedBy(me)).toStrictEqual([]);
  });
});

describe('open waits', () => {
  it('are bounded for each caller and in all', () => {
    const waits = new OpenWaits({ total: 3, perCaller: 2 });
    const leave = waits.enter('a');
    expect(waits.enter('a')).toBeDefined();
    expect(waits.enter('a')).toBeUndefined();
    expect(waits.enter('b')).toBeDefined();
    expect(waits.enter('c')).toBeUndefined();
    leave?.();
    leave?.();
    expect(waits.enter('c')).toBeDefined();
    expect(waits.enter('c')).toBeUndefined();
  });
});
