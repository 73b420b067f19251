import type { LoggerService } from '@nestjs/common';
import type { AccessEvent } from '@drawbridge/contracts';
import type { RecordedEvent } from '@drawbridge/kernel';
import { describe, expect, it } from 'vitest';
import {
  accessRequested,
  alice,
  approvalRequested,
  approvedBy,
  closedBy,
  decideBy,
  recordedAll,
  requestId,
  validated,
} from '../../test/sample-events.js';
import { RequestLapses } from './request-lapses.js';
import { WaitingRequests } from './waiting-requests.js';

const silent: LoggerService = {
  log: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};
const asked = [accessRequested, validated(), approvalRequested()];

function lapsesAt(now: string) {
  const lapsed: string[] = [];
  const lapses = new RequestLapses({
    approvals: {
      react: (type, id) => {
        lapsed.push(`${type} ${id}`);
        return Promise.resolve();
      },
    },
    clock: () => new Date(now),
    logger: silent,
  });
  return { lapses, lapsed, waiting: new WaitingRequests([lapses.follow]) };
}

const take = (waiting: WaitingRequests, events: readonly AccessEvent[], id = requestId) => {
  for (const recorded of recordedAll(events)) waiting.take({ ...recorded, aggregateId: id });
};

describe('the lapses of requests', () => {
  it('come at the deadline of those that wait, and of no others', async () => {
    const { lapses, lapsed, waiting } = lapsesAt(decideBy);
    take(waiting, asked);
    take(waiting, [accessRequested, validated()], 'not-asked');
    take(waiting, [...asked, approvedBy(alice), closedBy(alice)], 'approved');
    take(waiting, [accessRequested, validated(), approvalRequested(undefined, later)], 'later');
    await lapses.look();
    expect(lapsed).toStrictEqual([`LapseRequest ${requestId}`]);
  });

  it('are the same after a restart: nothing but the history says what is due', async () => {
    const history: RecordedEvent<AccessEvent>[] = Array.from({ length: 200 }, (_, n) =>
      recordedAll(n % 3 === 0 ? [...asked, closedBy(alice)] : asked).map((recorded) => ({
        ...recorded,
        aggregateId: `r${n}`,
      })),
    ).flat();
    const due = async () => {
      const { lapses, lapsed, waiting } = lapsesAt(later);
      for (const recorded of history) waiting.take(recorded);
      await lapses.look();
      return lapsed;
    };
    const [before, after] = [await due(), await due()];
    expect(after).toStrictEqual(before);
    expect(before).toHaveLength(133);
  });
});

const later = '2026-01-05T10:00:00.000Z';
