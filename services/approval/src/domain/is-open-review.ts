import type { RequestStory, StoryReview } from './request-story.js';

/** A request whose review is open. */
export type ReviewedStory = RequestStory & {
  readonly review: StoryReview;
  readonly grant: NonNullable<RequestStory['grant']>;
};

/** Whether somebody still has to say whether it was justified. */
export const isOpenReview = (story: RequestStory): story is ReviewedStory =>
  story.review !== undefined && story.grant !== undefined && story.review.completed === undefined;
