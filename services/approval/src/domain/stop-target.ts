import { approverGroupsOf, type Principal, type StopTarget } from '@drawbridge/contracts';
import type { RequestStory } from './request-story.js';

/** Whether these bridges are what a request is for. */
export function isThere({ requester, terms }: RequestStory, target: StopTarget): boolean {
  if (target === 'all') return true;
  if ('connection' in target) return target.connection === terms.connection;
  const { issuer, subject } = target.agent;
  return issuer === requester.issuer && subject === requester.subject;
}

/** Whether a human is in a group that is, or was, asked about something that goes on there. Of all bridges nobody is. */
export function approvesThere(
  human: Principal,
  target: StopTarget,
  stories: readonly RequestStory[],
): boolean {
  if (human.kind !== 'human' || target === 'all') return false;
  return stories.some((story) => isThere(story, target) && isAsked(human, story));
}

/** Whether a human is in a group that was asked about this grant. */
export const approvesGrant = (
  human: Principal,
  grantId: string,
  stories: readonly RequestStory[],
): boolean =>
  human.kind === 'human' &&
  stories.some((story) => story.grant?.id === grantId && isAsked(human, story));

function isAsked({ groups }: Principal, { approval }: RequestStory): boolean {
  const asked = approverGroupsOf(approval ?? { type: 'none' });
  return groups.some((group) => asked.includes(group));
}
