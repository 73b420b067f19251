import type { LoggerService } from '@nestjs/common';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { describe, expect, it } from 'vitest';
import {
  accessRequested,
  alice,
  approvalRequested,
  approvedBy,
  bob,
  closedBy,
  decideBy,
  givenBy,
  recordedAll,
  requestId,
  stepsOf,
  validated,
} from '../../test/sample-events.js';
import { RequestTimers } from './request-timers.js';
import { WaitingRequests } from './waiting-requests.js';

const silent: LoggerService = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const asked = [accessRequested, validated(), approvalRequested()];

function timersAt(now: string) {
  const lapsed: string[] = [];
  const timers = new RequestTimers({
    approvals: {
      react: (type, id) => {
        lapsed.push(`${type} ${id}`);
        return Promise.resolve();
      },
      nudge: (_, { type, step }) => {
        lapsed.push(`${type} ${step}`);
        return Promise.resolve();
      },
    },
    clock: () => new Date(now),
    logger: silent,
  });
  return { timers, lapsed, waiting: new WaitingRequests([timers.follow]) };
}

const take = (waiting: WaitingRequests, events: readonly AccessEvent[], id = requestId) => {
  for (const recorded of recordedAll(events)) waiting.take({ ...recorded, aggregateId: id });
};

describe('what time does to requests', () => {
  it('lapses those that wait at their deadline, and no others', async () => {
    const { timers, lapsed, waiting } = timersAt(decideBy);
    take(waiting, asked);
    take(waiting, [accessRequested, validated()], 'not-asked');
    take(waiting, [...asked, approvedBy(alice), closedBy(alice)], 'approved');
    take(waiting, [accessRequested, validated(), approvalRequested(undefined, later)], 'later');
    await timers.look();
    expect(lapsed).toStrictEqual([`LapseRequest ${requestId}`]);
  });

  it('is the same after a restart: nothing but the history says what is due', async () => {
    const history: RecordedEvent<AccessEvent>[] = Array.from({ length: 200 }, (_, n) =>
      recordedAll(n % 3 === 0 ? [...asked, closedBy(alice)] : asked).map((recorded) => ({
        ...recorded,
        aggregateId: `r${n}`,
      })),
    ).flat();
    const due = async () => {
      const { timers, lapsed, waiting } = timersAt(later);
      for (const recorded of history) waiting.take(recorded);
      await timers.look();
      return lapsed;
    };
    const [before, after] = [await due(), await due()];
    expect(after).toStrictEqual(before);
    expect(before).toHaveLength(133);
  });
});

describe('a step that waits', () => {
  const approval = stepsOf({
    order: 'parallel',
    steps: ['one', 'two'].map((name) => ({
      type: 'humans' as const,
      name,
      count: 1,
      groups: ['sre-oncall'],
      remindAfterSeconds: 300,
      escalate: [{ afterSeconds: 600, groups: ['sre-leads'] }],
    })),
  });
  const done = async (now: string, more: readonly AccessEvent[] = []) => {
    const { timers, lapsed, waiting } = timersAt(now);
    take(waiting, [accessRequested, validated(approval), approvalRequested(approval), ...more]);
    await timers.look();
    return lapsed;
  };

  it.each([
    ['2026-01-05T09:04:59.999Z', []],
    ['2026-01-05T09:05:00.000Z', ['Remind one', 'Remind two']],
    ['2026-01-05T09:10:00.000Z', ['Escalate one', 'Escalate two', 'Remind one', 'Remind two']],
    [decideBy, [`LapseRequest ${requestId}`]],
  ])('is told at %s: %j', async (now, expected) => {
    expect(await done(now)).toStrictEqual(expected);
  });

  it('is told no more once it is done', async () => {
    expect(await done('2026-01-05T09:05:00.000Z', [givenBy(alice)])).toStrictEqual(['Remind two']);
    expect(await done(decideBy, [givenBy(alice), givenBy(bob), closedBy(alice, bob)])).toEqual([]);
  });
});

const later = '2026-01-05T10:00:00.000Z';
