import type { LoggerService } from '@nestjs/common';
import {
  followAccessEvents,
  type AccessFollower,
  type JetStreamConnection,
} from '@drawbridge/jetstream';
import type { Closers } from '@drawbridge/runtime';
import { AgentHistory } from '../domain/agent-history.js';
import { OpenGrants } from './open-grants.js';
import { OpenReviews, type ReviewListener } from './open-reviews.js';
import { WaitingRequests, type StoryListener } from './waiting-requests.js';

/** What is known of all access requests, and what keeps it up to date. */
export interface FollowedRequests {
  readonly waiting: WaitingRequests;
  readonly grants: OpenGrants;
  readonly reviews: OpenReviews;
  readonly history: AgentHistory;
  readonly follower: AccessFollower;
}

export interface FollowRequestsOptions {
  readonly logger: LoggerService;
  /** Are told of every request that waits. */
  readonly listeners: readonly StoryListener[];
  /** Is told when something is to be done about a review. */
  readonly onReview: ReviewListener;
}

/** Folds the event stream into what waits for humans and what is open; of a history nobody can read, nothing. */
export function followRequests(
  connection: JetStreamConnection,
  { logger, listeners, onReview }: FollowRequestsOptions,
  closers: Closers,
): FollowedRequests {
  const [waiting, grants] = [new WaitingRequests(listeners), new OpenGrants()];
  const history = new AgentHistory();
  const reviews = new OpenReviews(onReview);
  const models = [waiting, grants, reviews, history];
  const follower = followAccessEvents(connection, {
    onEvent: (recorded) => {
      for (const model of models) model.take(recorded);
    },
    onUnreadable: ({ aggregateId, sequence, error }) => {
      for (const model of models) model.forget(aggregateId);
      logger.error({ msg: 'event not readable', requestId: aggregateId, sequence, err: error });
    },
  });
  closers.add(() => follower.close());
  return { waiting, grants, reviews, history, follower };
}
