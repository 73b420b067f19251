import fc from 'fast-check';
import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { describe, expect, it } from 'vitest';
import {
  agent,
  alice,
  at as start,
  bob,
  dana,
  erin,
  frank,
  glassBroken,
  grantExpired,
  grantId,
  grantIssued,
  grantRevoked,
} from '../../test/sample-events.js';
import { review, type ReviewCommand } from './review.js';

/*
 * Random lives of one grant, with commands of two replicas that may know only a part of the history, repeated and in
 * any order. What came of it is judged by the log alone, by rules of its own. Each of these changes was planted once
 * in review.ts, and found:
 *  1. a second ReviewRequested (`asked !== undefined` not looked at)     5. a second ReviewCompleted
 *  2. a review of what was approved (`broken` not looked at)             6. completed by whoever broke the glass
 *  3. a review before the end (`isEnded` not looked at)                  7. completed by another group
 *  4. RevocationOrdered or GrantIssued taken for an end                  8. reminders after the completion, or that go back
 */

const sec = (human: Principal): Principal => ({ ...human, groups: ['security'] });
const humans: readonly Principal[] = [
  sec(erin),
  sec(bob),
  sec(alice),
  sec({ ...alice, subject: 'alice-2' }),
  sec({ ...agent }),
  alice,
  dana,
  frank,
];
const reviewers = ['erin@corp.test', 'bob@corp.test'];

const ends: readonly AccessEvent[] = [
  grantExpired,
  grantRevoked,
  { type: 'GrantEnded', data: { grantId, cause: 'used_up' } },
  { type: 'AccessRequestWithdrawn', data: { by: alice } },
];
const others: readonly AccessEvent[] = [
  { type: 'RevocationOrdered', data: { by: bob, via: 'http', reason: 'x' } },
  { type: 'QuestionAsked', data: { questionId: grantId, by: bob, via: 'http', text: 'x' } },
];

const command = fc.oneof(
  fc.constant({ type: 'RequestReview' } as const),
  fc.constant({ type: 'RemindReviewers' } as const),
  fc.record({
    type: fc.constant('CompleteReview' as const),
    by: fc.constantFrom(...humans),
    via: fc.constant('http' as const),
    verdict: fc.constantFrom('justified' as const, 'not_justified' as const),
    note: fc.constantFrom('one', 'two'),
  }),
);
const step = fc.oneof(
  { weight: 1, arbitrary: fc.constantFrom(...ends) },
  { weight: 1, arbitrary: fc.constantFrom(...others) },
  {
    weight: 6,
    arbitrary: fc.record({ command, hours: fc.integer({ min: -30, max: 40 }), behind: fc.nat(3) }),
  },
);

type Log = { readonly event: AccessEvent; readonly at: string }[];

/** What a replica would append by a part of the history; the store takes it only when that was all of it. */
function live(
  past: readonly AccessEvent[],
  steps: readonly (typeof step extends fc.Arbitrary<infer One> ? One : never)[],
): Log {
  const log: Log = past.map((event) => ({ event, at: start }));
  let now = Date.parse(start);
  for (const one of steps) {
    if ('type' in one) {
      log.push({ event: one, at: new Date(now).toISOString() });
      continue;
    }
    now += one.hours * 3_600_000;
    const at = new Date(now).toISOString();
    // Who is behind decides, loses, and decides again on all of it.
    for (const known of [log.slice(0, Math.max(0, log.length - one.behind)), [...log]]) {
      const state = known.reduce(
        (folded, { event, at: when }) => review.evolve(folded, event, when),
        review.initial,
      );
      const event = decided({ ...one.command, at }, state);
      if (known.length === log.length && event !== undefined) log.push({ event, at });
    }
  }
  return log;
}

function decided(wanted: ReviewCommand, state: typeof review.initial): AccessEvent | undefined {
  try {
    return review.decide(wanted, state);
  } catch {
    return undefined;
  }
}

const indexOf = (log: Log, isIt: (event: AccessEvent) => boolean): number =>
  log.findIndex(({ event }) => isIt(event));
const all = <Type extends AccessEvent['type']>(log: Log, type: Type) =>
  log.flatMap(({ event }, index) =>
    event.type === type
      ? [{ index, data: event.data as Extract<AccessEvent, { type: Type }>['data'] }]
      : [],
  );
const isEnd = ({ type }: AccessEvent): boolean => ends.some((end) => end.type === type);

/** At most one of each, and by one who may. */
function expectOneVerdict(log: Log): void {
  const asked = all(log, 'ReviewRequested');
  const done = all(log, 'ReviewCompleted');
  expect(asked.length).toBeLessThanOrEqual(1);
  expect(done.length).toBeLessThanOrEqual(1);
  for (const { index, data } of done) {
    expect(asked[0]?.index ?? Infinity).toBeLessThan(index);
    expect(data.by.kind).toBe('human');
    expect(reviewers).toContain(data.by.email);
    expect(data.by.groups).toContain('security');
  }
}

/** One for the days that have passed, never the same again, and none behind the verdict. */
function expectReminders(log: Log): void {
  const [asked] = all(log, 'ReviewRequested');
  const [done] = all(log, 'ReviewCompleted');
  const instantAt = (index: number | undefined) => Date.parse(log[index ?? -1]?.at ?? '');
  let last = 0;
  for (const { index, data } of all(log, 'ReviewReminded')) {
    expect(index).toBeLessThan(done?.index ?? Infinity);
    expect(data.count).toBeGreaterThan(last);
    last = data.count;
    const days = (instantAt(index) - instantAt(asked?.index)) / 86_400_000;
    expect(data.count).toBe(Math.floor(days));
  }
}

describe('whatever happens to a grant that nobody approved, in whatever order', () => {
  it('has one review behind its end, that one other human completes, and no time ends', () => {
    let [completed, open] = [0, 0];
    fc.assert(
      fc.property(fc.array(step, { maxLength: 25 }), (steps) => {
        const log = live(glassBroken, steps);
        const end = indexOf(log, isEnd);
        const asked = all(log, 'ReviewRequested');
        const done = all(log, 'ReviewCompleted');
        for (const { index } of asked) expect(end >= 0 && end < index).toBe(true);
        expectOneVerdict(log);
        expectReminders(log);
        completed += done.length;
        open += asked.length - done.length;
        // However long it waited, somebody who may can complete it.
        if (end < 0 || done.length > 0) return;
        const later = live(
          log.map(({ event }) => event),
          [
            { command: { type: 'RequestReview' }, hours: 0, behind: 0 },
            {
              command: {
                type: 'CompleteReview',
                by: sec(erin),
                via: 'http',
                verdict: 'justified',
                note: 'one',
              },
              hours: 40,
              behind: 0,
            },
          ],
        );
        expect(all(later, 'ReviewCompleted')).toHaveLength(1);
      }),
      { numRuns: 2_000 },
    );
    // About 60 of 2,000 lives reach the verdict, give or take 8.
    expect(completed).toBeGreaterThan(15);
    expect(open).toBeGreaterThan(50);
  });

  it('has none where somebody approved it', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 15 }), (steps) => {
        const types = live([grantIssued], steps).map(({ event }) => event.type);
        expect(types.filter((type) => type.startsWith('Review'))).toStrictEqual([]);
      }),
      { numRuns: 500 },
    );
  });
});
