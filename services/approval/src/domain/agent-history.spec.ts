import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import {
  accessDenied,
  accessRequested,
  agent,
  bob,
  grantIssued,
  recordedAll,
  rejectedBy,
} from '../../test/sample-events.js';
import { AgentHistory } from './agent-history.js';

const DAY_MS = 24 * 3_600_000;
const start = Date.parse('2026-01-05T09:00:00.000Z');

function take(
  history: AgentHistory,
  id: string,
  { event, day = 0 }: { readonly event: AccessEvent; readonly day?: number },
): void {
  const [recorded] = recordedAll([event]);
  if (recorded === undefined) throw new Error('no event');
  const at = new Date(start + day * DAY_MS).toISOString();
  history.take({ ...recorded, aggregateId: id, at });
}
const ask = (history: AgentHistory, id: string, day = 0) =>
  take(history, id, { event: accessRequested, day });
const before = (history: AgentHistory, id: string) => history.before({ id, requester: agent });

describe('what an agent asked for before', () => {
  it('counts what was granted and what was denied, by policy or by humans', () => {
    const history = new AgentHistory();
    for (const id of ['a', 'b', 'c', 'd', 'now']) ask(history, id);
    take(history, 'a', { event: grantIssued });
    take(history, 'b', { event: accessDenied });
    take(history, 'c', { event: rejectedBy(bob) });
    expect(before(history, 'now')).toEqual({ count: 4, granted: 1, denied: 2, isMore: false });
    expect(before(history, 'b')).toEqual({ count: 1, granted: 1, denied: 0, isMore: false });
  });

  it('reaches back seven days from the request, whenever it is asked', () => {
    const history = new AgentHistory();
    ask(history, 'old', -7.01);
    ask(history, 'new', -6.99);
    ask(history, 'now');
    ask(history, 'later', 1);
    expect(before(history, 'now')).toMatchObject({ count: 1 });
  });

  it('is that of this agent only', () => {
    const history = new AgentHistory();
    if (accessRequested.type !== 'AccessRequested') throw new Error('another sample');
    const requester = { ...agent, subject: 'agent-other' };
    take(history, 'a', {
      event: { ...accessRequested, data: { ...accessRequested.data, requester } },
    });
    ask(history, 'now');
    expect(before(history, 'now')).toMatchObject({ count: 0 });
  });

  it('says when there were more than it remembers', () => {
    const history = new AgentHistory(10, 3);
    for (const id of ['a', 'b', 'c', 'now']) ask(history, id);
    expect(before(history, 'now')).toEqual({ count: 2, granted: 0, denied: 0, isMore: true });
    expect(before(history, 'a')).toBeUndefined();
  });

  it('forgets who has not asked for the longest time', () => {
    const history = new AgentHistory(1);
    ask(history, 'a');
    if (accessRequested.type !== 'AccessRequested') throw new Error('another sample');
    const requester = { ...agent, subject: 'agent-other' };
    take(history, 'b', {
      event: { ...accessRequested, data: { ...accessRequested.data, requester } },
    });
    expect(before(history, 'a')).toBeUndefined();
    take(history, 'a', { event: grantIssued });
    expect(history.before({ id: 'b', requester })).toMatchObject({ count: 0 });
  });
});
