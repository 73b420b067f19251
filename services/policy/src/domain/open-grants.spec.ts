import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import { endings, endsAt, issued, requested } from '../../test/story.js';
import { OpenGrants } from './open-grants.js';

const recorded = (aggregateId: string, event: AccessEvent) => ({
  id: `event-${aggregateId}`,
  causationId: 'cause',
  actor: { kind: 'service' as const, id: 'policy' },
  at: endsAt,
  aggregateId,
  sequence: 1,
  event,
});
const grants = (...events: readonly [string, AccessEvent][]) => {
  const open = new OpenGrants();
  for (const [aggregateId, event] of events) open.apply(recorded(aggregateId, event));
  return open;
};
const early = issued({ endsAt: '2026-01-05T09:05:00.000Z' });

describe('open grants', () => {
  it('are those that were issued and whose end is not recorded', () => {
    const open = grants(
      ['a', requested()],
      ['b', issued()],
      ['c', issued()],
      ['c', endings.GrantExpired],
      ['d', issued()],
      ['d', endings.GrantRevoked],
      ['e', issued()],
      ['e', endings.AccessRequestWithdrawn],
    );
    expect(open.all.map(({ requestId }) => requestId)).toStrictEqual(['b', 'e']);
    expect(open.size).toBe(2);
    expect(open.all[0]).toStrictEqual({
      requestId: 'b',
      issuedBy: 'event-b',
      endsAtMs: Date.parse(endsAt),
    });
  });

  it('are due from their end on', () => {
    const open = grants(['a', early], ['b', issued()]);
    expect(open.dueAt(new Date('2026-01-05T09:04:59.999Z'))).toStrictEqual([]);
    expect(open.dueAt(new Date('2026-01-05T09:05:00Z')).map((due) => due.requestId)).toStrictEqual([
      'a',
    ]);
    expect(open.dueAt(new Date(endsAt)).map((due) => due.requestId)).toStrictEqual(['a', 'b']);
  });

  it('know when the next one ends', () => {
    expect(grants().nextEndMs).toBe(Infinity);
    expect(grants(['b', issued()], ['a', early]).nextEndMs).toBe(
      Date.parse('2026-01-05T09:05:00.000Z'),
    );
  });

  it('can be forgotten before the event of their end arrives', () => {
    const open = grants(['a', early]);
    open.forget(open.all[0]!);
    expect(open.size).toBe(0);
  });
});
