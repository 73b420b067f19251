import type { LoggerService } from '@nestjs/common';
import {
  accessEventStore,
  storeInTime,
  type ClockWatch,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Clock } from '@drawbridge/kernel';
import type { PeopleNow } from '@drawbridge/people';
import type { Closers } from '@drawbridge/runtime';
import { AccessApprovals } from './access-approvals.js';
import { followRequests, type FollowedRequests } from './follow-requests.js';
import { LostSayWatch } from './lost-say-watch.js';
import { ReviewTimers } from './review-timers.js';
import { Reviews } from './reviews.js';
import { RequestTimers } from './request-timers.js';

export interface RequestParts extends FollowedRequests {
  readonly approvals: AccessApprovals;
  readonly reviewing: Reviews;
  /** Begins to do what time or people make necessary; once all requests are known. */
  readonly startRequestTimers: (people: () => PeopleNow) => void;
}

export interface RequestSurroundings {
  readonly clock: Clock;
  /** Whether it is right. */
  readonly watch: ClockWatch;
  readonly logger: LoggerService;
}

/** Follows the access requests, to do what is due about those that wait. */
export function startRequests(
  connection: JetStreamConnection,
  { clock, watch, logger }: RequestSurroundings,
  closers: Closers,
): RequestParts {
  const store = storeInTime(accessEventStore(connection, 'approval'), watch);
  const approvals = new AccessApprovals(store, clock);
  const timers = new RequestTimers({ approvals, clock, logger });
  closers.add(() => timers.close());
  const lostSays = new LostSayWatch({ approvals, clock, logger });
  closers.add(() => lostSays.close());
  const listeners = [timers.follow, lostSays.follow];
  const reviewing = new Reviews(store, clock);
  const reviewTimers = new ReviewTimers({ reviews: reviewing, clock, logger });
  closers.add(() => reviewTimers.close());
  const onReview = reviewTimers.follow;
  const followed = followRequests(connection, { logger, listeners, onReview }, closers);
  const startRequestTimers = (people: () => PeopleNow) => {
    timers.start();
    lostSays.start(people);
    reviewTimers.start(followed.reviews);
  };
  return { ...followed, approvals, reviewing, startRequestTimers };
}
