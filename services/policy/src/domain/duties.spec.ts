import { describe, expect, it } from 'vitest';
import type { AccessEvent } from '@drawbridge/contracts';
import { at, endings, endsAt, issued, requested, validated } from '../../test/story.js';
import { approved, alice, given, oneHuman } from '../../test/story.js';
import { Duties } from './duties.js';

const recorded = (aggregateId: string, event: AccessEvent) => ({
  id: `${event.type} of ${aggregateId}`,
  causationId: 'cause',
  actor: { kind: 'service' as const, id: 'policy' },
  at,
  aggregateId,
  sequence: 1,
  event,
});
function dutiesAfter(...events: readonly AccessEvent[]): Duties {
  const duties = new Duties();
  for (const event of events) duties.apply(recorded('a', event));
  return duties;
}
const asked: AccessEvent = {
  type: 'ApprovalRequested',
  data: { approval: oneHuman, decideBy: '2026-01-05T09:30:00.000Z' },
};
const nobody = validated({ approval: { type: 'none' } });
const pending = [requested(), validated()];

describe('a grant that was issued for later', () => {
  const startsAt = '2026-01-05T22:00:00.000Z';
  const later = issued({ startsAt, endsAt: '2026-01-05T22:15:00.000Z' });
  const end = { command: 'expire', atMs: Date.parse('2026-01-05T22:15:00.000Z') };

  it('is looked at for its start, and then only for its end', () => {
    const duties = dutiesAfter(...pending, later);
    const duty = duties.get('a');
    expect(duty).toMatchObject({ ...end, startMs: Date.parse(startsAt) });
    if (duty === undefined) return;
    expect(duties.started(duty)).not.toHaveProperty('startMs');
    expect(duties.get('a')).toMatchObject(end);
    expect(duties.get('a')).not.toHaveProperty('startMs');
    expect(duties.openGrantCount).toBe(1);
  });

  it('stays over when it ended while it was looked at', () => {
    const duties = dutiesAfter(...pending, later);
    const duty = duties.get('a');
    duties.apply(recorded('a', endings.GrantRevoked));
    if (duty !== undefined) duties.started(duty);
    expect(duties.get('a')).toBeUndefined();
  });

  it('that begins at once has no start to be looked at', () =>
    expect(dutiesAfter(...pending, issued()).get('a')).not.toHaveProperty('startMs'));
});

describe('what policy has to do in time', () => {
  it.each<{ when: string; past: AccessEvent[]; command: string; due: string; cause: string }>([
    {
      when: 'a request is not judged',
      past: [requested()],
      command: 'judge',
      due: '2026-01-05T09:10:00.000Z',
      cause: 'AccessRequested',
    },
    {
      when: 'nobody was asked about it: a minute after the time for an answer',
      past: pending,
      command: 'endUnasked',
      due: '2026-01-05T09:31:00.000Z',
      cause: 'AccessRequestValidated',
    },
    {
      when: 'it needs nobody and has no grant',
      past: [requested(), nobody],
      command: 'issue',
      due: '2026-01-05T09:01:00.000Z',
      cause: 'AccessRequestValidated',
    },
    {
      when: 'it is approved and has no grant',
      past: [...pending, asked, given(alice), approved(alice)],
      command: 'issue',
      due: '2026-01-05T09:01:00.000Z',
      cause: 'AccessRequestApproved',
    },
    {
      when: 'it is granted',
      past: [...pending, asked, given(alice), approved(alice), issued()],
      command: 'expire',
      due: endsAt,
      cause: 'GrantIssued',
    },
    {
      when: 'it is granted, whatever else is said: only an end of the grant ends that',
      past: [requested(), nobody, issued(), endings.AccessRequestWithdrawn, asked],
      command: 'expire',
      due: endsAt,
      cause: 'GrantIssued',
    },
  ])('is known when $when', ({ past, command, due, cause }) => {
    expect(dutiesAfter(...past).get('a')).toStrictEqual({
      requestId: 'a',
      causationId: `${cause} of a`,
      command,
      atMs: Date.parse(due),
    });
  });

  it.each<{ when: string; past: AccessEvent[] }>([
    { when: 'humans are asked, who have a clock of their own', past: [...pending, asked] },
    { when: 'it was withdrawn', past: [requested(), endings.AccessRequestWithdrawn] },
    { when: 'it was denied', past: [requested(), endings.AccessRequestDenied] },
    { when: 'it was rejected', past: [...pending, asked, endings.AccessRequestRejected] },
    { when: 'it has lapsed', past: [...pending, asked, endings.AccessRequestLapsed] },
    { when: 'its grant was revoked', past: [requested(), nobody, issued(), endings.GrantRevoked] },
    { when: 'its grant expired', past: [requested(), nobody, issued(), endings.GrantExpired] },
    { when: 'its grant was used up', past: [requested(), nobody, issued(), endings.GrantEnded] },
  ])('is nothing when $when', ({ past }) => {
    const duties = dutiesAfter(...past);
    expect(duties.get('a')).toBeUndefined();
    expect([duties.openGrantCount, duties.openGrants]).toStrictEqual([0, []]);
  });

  it('counts the open grants', () => {
    const duties = new Duties();
    for (const id of ['a', 'b', 'c']) duties.apply(recorded(id, issued()));
    duties.apply(recorded('b', issued()));
    duties.apply(recorded('b', endings.GrantExpired));
    duties.apply(recorded('b', endings.GrantExpired));
    expect(duties.openGrants.map(({ requestId }) => requestId)).toStrictEqual(['a', 'c']);
    expect(duties.openGrantCount).toBe(2);
  });
});
