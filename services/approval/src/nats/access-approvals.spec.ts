import type { AccessEvent } from '@drawbridge/contracts';
import type { EventStore } from '@drawbridge/kernel';
import { InMemoryEventStore } from '@drawbridge/testing';
import { describe, expect, it } from 'vitest';
import {
  accessRequested,
  alice,
  approvalRequested,
  at,
  bob,
  humansOf,
  requestId,
  validated,
} from '../../test/sample-events.js';
import { AccessApprovals, type Decision } from './access-approvals.js';

const approvedBy = (approver = alice): Decision => ({
  requestId,
  approver,
  via: 'http',
  causationId: 'the click',
});

/** A request that waits, on a store that counts how often its history is read. */
async function waiting(
  count = 1,
  disturb: (log: InMemoryEventStore<AccessEvent>) => unknown = () => undefined,
) {
  const log = new InMemoryEventStore<AccessEvent>();
  for (const event of [
    accessRequested,
    validated(humansOf(count)),
    approvalRequested(humansOf(count)),
  ])
    await append(log, event);
  const world = { loads: 0, log };
  const store: EventStore<AccessEvent> = {
    load: (id) => {
      world.loads += 1;
      return log.load(id);
    },
    append: async (one) => {
      if (one.event.type === 'AccessRequestApproved') await disturb(log);
      return log.append(one);
    },
  };
  return { ...world, world, approvals: new AccessApprovals(store, () => new Date(at)) };
}

let ids = 0;
async function append(log: InMemoryEventStore<AccessEvent>, event: AccessEvent): Promise<void> {
  const { position } = await log.load(requestId);
  const metadata = {
    id: `id ${(ids += 1)}`,
    causationId: 'x',
    actor: { kind: 'service', id: 'x' },
    at,
  } as const;
  await log.append({ aggregateId: requestId, position, event, metadata });
}
const lastOf = ({ log }: InMemoryEventStore<AccessEvent>, count: number) =>
  log.slice(-count).map(({ event, causationId, actor }) => [event.type, causationId, actor.id]);

describe('a decision of a human', () => {
  it('that completes the approval completes it at once, without reading the history again', async () => {
    const { world, log, approvals } = await waiting();
    expect(await approvals.approve(approvedBy())).toBe('recorded');
    const given = log.log.at(-2);
    expect(lastOf(log, 2)).toStrictEqual([
      ['ApprovalGiven', 'the click', 'https://idp.corp.test#alice'],
      ['AccessRequestApproved', given?.id, 'approval'],
    ]);
    expect(world.loads).toBe(1);
  });

  it('that is not enough yet completes nothing', async () => {
    const { log, approvals } = await waiting(2);
    await approvals.approve(approvedBy());
    expect(lastOf(log, 1)).toStrictEqual([['ApprovalGiven', 'the click', expect.anything()]]);
    await approvals.approve(approvedBy(bob));
    expect(log.log.at(-1)?.event.type).toBe('AccessRequestApproved');
  });

  it('that rejects, rejects at once', async () => {
    const { log, approvals } = await waiting();
    await approvals.deny(approvedBy());
    expect(log.log.slice(-2).map(({ event }) => event.type)).toStrictEqual([
      'ApprovalDenied',
      'AccessRequestRejected',
    ]);
  });

  it('stands though it cannot be completed now: its event brings that later', async () => {
    const { log, approvals } = await waiting(1, () => Promise.reject(new Error('away')));
    expect(await approvals.approve(approvedBy())).toBe('recorded');
    expect(log.log.at(-1)?.event.type).toBe('ApprovalGiven');
  });

  it('is not completed when the approval was taken away in between', async () => {
    const takenBack: AccessEvent = {
      type: 'ApprovalVoided',
      data: { approver: alice, reason: 'taken_back' },
    };
    const { log, approvals } = await waiting(1, (history) => append(history, takenBack));
    await approvals.approve(approvedBy());
    expect(log.log.at(-1)?.event.type).toBe('ApprovalVoided');
  });
});
