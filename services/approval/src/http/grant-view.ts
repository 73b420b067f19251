import type { GrantView } from '@drawbridge/contracts';
import { describeRules } from '@drawbridge/scope';
import { isCounted } from '../domain/request-story.js';
import type { GrantedStory } from '../nats/open-grants.js';

/** An open grant as the API shows it. */
export function grantView(story: GrantedStory): GrantView {
  const { id, requester, terms, risk, policy, approvals, grant } = story;
  return {
    id: grant.id,
    accessRequestId: id,
    grantee: requester,
    terms,
    plainWords: describeRules(terms.rules),
    risk,
    policy,
    approvers: approvals
      .filter((given) => isCounted(given))
      .map(({ approver }) => approver.email ?? approver.subject),
    startsAt: grant.startsAt,
    endsAt: grant.endsAt,
  };
}
