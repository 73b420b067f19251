import { describe, expect, it, vi } from 'vitest';
import type { AccessEvent, SessionNumbers } from '@drawbridge/contracts';
import {
  agent,
  alice,
  approvalRequested,
  approvedBy,
  at,
  closedBy,
  grantExpired,
  grantId,
  grantIssued,
  grantRevoked,
  recordedAll,
  validated,
} from '../../test/sample-events.js';
import { tellStory } from '../domain/request-story.js';
import type { ThreadNote } from './card-thread.js';
import { SessionEnds, sessionWords } from './session-ends.js';

const asked = [validated(), approvalRequested(), approvedBy(alice), closedBy(alice), grantIssued];

/** Tells of the last of these events. */
async function tell(
  events: readonly AccessEvent[],
  {
    numbers,
    hasSaid = false,
    now = at,
  }: { numbers?: SessionNumbers; hasSaid?: boolean; now?: string },
) {
  const recorded = recordedAll(events);
  const last = recorded.at(-1);
  if (last === undefined) throw new Error('no event');
  const notes: ThreadNote[] = [];
  const question = vi.fn(() => Promise.resolve(numbers));
  const ends = new SessionEnds({
    story: () => Promise.resolve(tellStory(recorded)),
    thread: {
      say: (note) => Promise.resolve(void notes.push(note)),
      hasSaid: () => Promise.resolve(hasSaid),
    },
    numbers: question,
    clock: () => new Date(now),
  });
  await ends.tell(last);
  return { notes, question };
}
const numbers = { calls: 14, changes: 1, refused: 0 };

describe('the end of a grant in the thread', () => {
  it('comes with what was done by it', async () => {
    const { notes, question } = await tell([...asked, grantExpired], { numbers });
    expect(notes.map(({ text }) => text)).toStrictEqual([
      'The grant has expired. 14 calls, 1 change, 0 refused, 15 minutes.',
    ]);
    expect(question).toHaveBeenCalledWith({
      grantId,
      connection: 'prod-eks',
      agent: { issuer: agent.issuer, subject: agent.subject },
      startsAt: '2026-01-05T09:05:00.000Z',
      endedAt: '2026-01-05T09:20:00.000Z',
    });
  });

  it('comes without numbers where nobody knows them', async () => {
    const { notes } = await tell([...asked, grantExpired], {});
    expect(notes[0]?.text).toBe('The grant has expired. It was open for 15 minutes.');
  });

  it('is told once, and not of long ago', async () => {
    const said = await tell([...asked, grantRevoked], { numbers, hasSaid: true });
    const old = await tell([...asked, grantRevoked], { numbers, now: '2026-01-06T09:00:01.000Z' });
    for (const { notes, question } of [said, old]) {
      expect(notes).toStrictEqual([]);
      expect(question).not.toHaveBeenCalled();
    }
  });

  it('is not told where nobody was asked', async () => {
    const nobody = [validated({ type: 'none' }), grantIssued, grantExpired];
    expect((await tell(nobody, { numbers })).notes).toStrictEqual([]);
  });

  it('counts in words', () => {
    expect(sessionWords({ calls: 1, changes: 0, refused: 2 }, 130)).toBe(
      '1 call, 0 changes, 2 refused, 2 minutes 10 seconds.',
    );
    expect(sessionWords(undefined, 0)).toBe('It was open for 0 seconds.');
  });
});
