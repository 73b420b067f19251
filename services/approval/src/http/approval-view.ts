import type { ApprovalView } from '@drawbridge/contracts';
import { describeRules } from '@drawbridge/scope';
import type { RequestStory } from '../domain/request-story.js';

/** A story as the API shows it. */
export function approvalView(story: RequestStory): ApprovalView {
  const { id, status, revision, requester, terms, cuts, risk, policy } = story;
  return {
    id,
    status,
    revision,
    requester,
    terms,
    plainWords: describeRules(terms.rules),
    cuts: [...cuts],
    risk,
    policy,
    ...(story.approval === undefined ? {} : { approval: story.approval }),
    ...(story.decideBy === undefined ? {} : { decideBy: story.decideBy }),
    approvals: story.approvals.map(({ approver, via, at, comment }) => ({
      approver: approver.email ?? approver.subject,
      via,
      at,
      ...(comment === undefined ? {} : { comment }),
    })),
  };
}
