import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import {
  accessRequested,
  alice,
  approvalRequested,
  approvedBy,
  closedBy,
  deniedBy,
  lapsed,
  recordedAll,
  rejectedBy,
  bob,
  requestId,
  validated,
  withdrawn,
} from '../../test/sample-events.js';
import { WaitingRequests } from './waiting-requests.js';

function waitingAfter(...events: AccessEvent[]): WaitingRequests {
  const waiting = new WaitingRequests();
  for (const recorded of recordedAll(events)) waiting.take(recorded);
  return waiting;
}
const asked = [accessRequested, validated(), approvalRequested()];

describe('the requests that wait for humans', () => {
  it.each([
    { past: [accessRequested, validated()], waits: 0, when: 'before they are asked' },
    { past: asked, waits: 1, when: 'when they are asked' },
    { past: [...asked, approvedBy(alice)], waits: 1, when: 'until it is complete' },
    { past: [...asked, approvedBy(alice), closedBy(alice)], waits: 0, when: 'once approved' },
    { past: [...asked, deniedBy(bob), rejectedBy(bob)], waits: 0, when: 'once rejected' },
    { past: [...asked, lapsed], waits: 0, when: 'once lapsed' },
    { past: [...asked, withdrawn], waits: 0, when: 'once withdrawn' },
    { past: [accessRequested, validated({ type: 'none' })], waits: 0, when: 'when none is needed' },
  ])('number $waits $when', ({ past, waits }) =>
    expect(waitingAfter(...past).list()).toHaveLength(waits),
  );

  it('come in the order of their deadlines', () => {
    const waiting = new WaitingRequests();
    const until = { a: '2026-01-05T11:00:00.000Z', b: '2026-01-05T10:00:00.000Z' };
    for (const [id, decideBy] of Object.entries(until)) {
      for (const event of [validated(), approvalRequested(undefined, decideBy)]) {
        waiting.take({ ...recordedAll([event])[0]!, aggregateId: id });
      }
    }
    expect(waiting.list().map(({ id }) => id)).toStrictEqual(['b', 'a']);
  });

  it('forget one whose history cannot be read', () => {
    const waiting = waitingAfter(...asked);
    waiting.forget(requestId);
    expect(waiting.list()).toStrictEqual([]);
  });
});
