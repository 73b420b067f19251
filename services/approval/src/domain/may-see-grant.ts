import { approverGroupsOf, type Principal } from '@drawbridge/contracts';
import { behalfOf, isSameHuman, likenessTo } from '@drawbridge/scope';
import type { RequestStory } from './request-story.js';

/**
 * Whether a human may know of a grant: whoever is asked for such an approval, or gave one, and whoever answers for
 * the agent. In doubt who somebody is, they are not.
 */
export function maySeeGrant(human: Principal, story: RequestStory): boolean {
  const { approval, approvals, requester, terms } = story;
  const onBehalfOf = behalfOf(terms);
  const asked = approverGroupsOf(approval ?? { type: 'none' });
  const groups = [...asked, ...(terms.breakGlass?.tell ?? [])];
  return (
    human.groups.some((group) => groups.includes(group)) ||
    (onBehalfOf !== undefined && isSameHuman(onBehalfOf, human)) ||
    approvals.some(({ approver }) => isSameHuman(approver, human)) ||
    [requester.owner, requester.sponsor].some((name) => likenessTo(human, name ?? '') === 'same')
  );
}
