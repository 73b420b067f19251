import type { LoggerService } from '@nestjs/common';
import type { Clock } from '@drawbridge/kernel';
import type { Closers } from '@drawbridge/runtime';
import { lostSays, type PeopleNow } from '../domain/lost-says.js';
import type { AccessApprovals } from './access-approvals.js';
import { LapseSchedule } from './lapse-schedule.js';
import type { WaitingRequests } from './waiting-requests.js';

export interface LostSayParts {
  readonly approvals: AccessApprovals;
  readonly waiting: WaitingRequests;
  readonly people: PeopleNow;
  readonly clock: Clock;
  readonly logger: LoggerService;
}

/**
 * Takes the say from whoever is disabled or leaves a group before the grant stands. Looks at all of them again
 * and again instead of following who changes what, so that nothing is missed that happens at the same moment.
 */
export function startLostSays(
  { approvals, waiting, people, clock, logger }: LostSayParts,
  closers: Closers,
): void {
  const lost = () =>
    waiting
      .withApprovals()
      .map((story) => ({ id: story.id, says: lostSays(story, people) }))
      .filter(({ says }) => says.length > 0);
  const looks = new LapseSchedule({
    waiting: () => lost().map(({ id }) => ({ id, decideBy: clock().toISOString() })),
    lapse: async (requestId) => {
      const says = lost().find(({ id }) => id === requestId)?.says ?? [];
      for (const say of says) await approvals.voidApproval(requestId, say);
    },
    clock,
    logger,
  });
  looks.start();
  closers.add(() => looks.close());
}
