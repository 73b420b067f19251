import { approverGroupsOf, type Principal } from '@drawbridge/contracts';
import { whyLost, type PeopleNow } from '@drawbridge/people';
import { isCounted, type RequestStory } from './request-story.js';

/** An approval that must not count any more. */
export interface LostSay {
  readonly approver: Principal;
  readonly reason: NonNullable<ReturnType<typeof whyLost>>;
}

/** The approvals of a request whose approvers may not approve it any more, by the rule that policy counts with too. */
export function lostSays(story: RequestStory, now: PeopleNow): readonly LostSay[] {
  const asked = approverGroupsOf(story.approval ?? { type: 'none' });
  return story.approvals.filter(isCounted).flatMap((given) => {
    const reason = whyLost(given, asked, now);
    return reason === undefined ? [] : [{ approver: given.approver, reason }];
  });
}
