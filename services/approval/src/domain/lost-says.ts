import { approverGroupsOf, type Principal } from '@drawbridge/contracts';
import { isCounted, type GivenApproval, type RequestStory } from './request-story.js';

/** An approval that must not count any more. */
export interface LostSay {
  readonly approver: Principal;
  readonly reason: 'left_group' | 'disabled';
}

/** What is known of people at this moment. */
export interface PeopleNow {
  readonly isDisabled: (human: Principal) => boolean;
  /** The groups by which somebody may decide in Slack; `undefined` where nothing is known of Slack. */
  readonly groupsInSlack?: (human: Principal) => readonly string[];
}

/**
 * The approvals of a request whose approvers may not approve it any more. Judged by what told their groups: for
 * a decision in Slack the `Human` documents, while a token's groups are taken to hold as long as it would.
 */
export function lostSays(story: RequestStory, people: PeopleNow): readonly LostSay[] {
  const asked = approverGroupsOf(story.approval ?? { type: 'none' });
  return story.approvals.filter(isCounted).flatMap((given) => {
    const reason = whyLost(given, asked, people);
    return reason === undefined ? [] : [{ approver: given.approver, reason }];
  });
}

/** Whoever lost one of the groups that were asked loses the approval, and may give it again by what they still are in. */
function whyLost(
  { approver, via }: GivenApproval,
  asked: readonly string[],
  { isDisabled, groupsInSlack }: PeopleNow,
): LostSay['reason'] | undefined {
  if (isDisabled(approver)) return 'disabled';
  if (via !== 'slack' || groupsInSlack === undefined) return undefined;
  const groups = groupsInSlack(approver);
  const had = approver.groups.filter((group) => asked.includes(group));
  return had.every((group) => groups.includes(group)) ? undefined : 'left_group';
}
