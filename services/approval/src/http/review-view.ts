import type { ReviewView } from '@drawbridge/contracts';
import { describeRules } from '@drawbridge/scope';
import type { RequestStory, StoryReview } from '../domain/request-story.js';

/** A review as the API shows it; `undefined` for a request that has none. */
export function reviewView(story: RequestStory): ReviewView | undefined {
  const { id, revision, requester, terms, risk, policy, grant, review } = story;
  if (grant === undefined || review === undefined) return undefined;
  const { ended, ...window } = grant;
  return {
    id,
    status: review.completed === undefined ? 'open' : 'completed',
    revision,
    requester,
    terms,
    plainWords: describeRules(terms.rules),
    risk,
    policy,
    grant: { ...window, ...(ended === undefined ? {} : { endedAt: ended.at }) },
    groups: [...review.groups],
    requestedAt: review.askedAt,
    dueBy: review.dueBy,
    reminders: review.reminders,
    ...completedOf(review),
  };
}

function completedOf({ completed }: StoryReview): Pick<ReviewView, 'completed'> {
  if (completed === undefined) return {};
  const { by, ...said } = completed;
  return { completed: { by: by.email ?? by.subject, ...said } };
}
