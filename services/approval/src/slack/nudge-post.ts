import type { AccessEvent, Principal } from '@drawbridge/contracts';
import { withOnCall, type People } from '@drawbridge/people';
import { groupsOf, openSteps, type StepProgress } from '@drawbridge/scope';
import { mayDecide } from '../domain/may-decide.js';
import type { RequestStory } from '../domain/request-story.js';
import { stepsOf } from '../domain/steps-of.js';
import type { ThreadNote } from './card-thread.js';
import { neutralText } from './neutral-text.js';
import { bold, instant, lines, text, type Inline } from './rich-text.js';

/** A notification of everybody is one of nobody. */
const MAX_MENTIONS = 5;

/** An event of a step that waits. */
export type Nudge = Extract<AccessEvent, { type: 'ApprovalReminded' | 'ApprovalEscalated' }>;

export const isNudge = (event: AccessEvent): event is Nudge =>
  event.type === 'ApprovalReminded' || event.type === 'ApprovalEscalated';

/** Who can be told in Slack. */
export interface Mentionable {
  readonly people: People;
  readonly teamId: string;
  readonly isDisabled: (human: Principal) => boolean;
  readonly at: string;
}

/**
 * What the thread of a card says when its step still waits; `undefined` when it no longer does, or a later event
 * of its kind has said the same since.
 */
export function renderNudge(
  story: RequestStory,
  event: Nudge,
  mentionable: Mentionable,
): Pick<ThreadNote, 'text' | 'blocks'> | undefined {
  // Of an earlier round.
  if ((event.data.round ?? 1) !== (story.extends?.round ?? 1)) return undefined;
  const progress = waitingStep(story, event);
  const step = stepsOf(story).find(({ name }) => name === event.data.step);
  if (progress === undefined || step === undefined) return undefined;
  const words = `${step.missing} of ${step.count} approvals from ${step.groups.join(' or ')}`;
  const title = event.type === 'ApprovalReminded' ? 'Still waiting' : 'Asked further people';
  const summary = `${title}: ${step.name} misses ${words}`;
  const deadline =
    story.decideBy === undefined ? [] : [text('. Decide by '), instant(story.decideBy)];
  const mentions = mentionsOf(story, { progress, event, mentionable });
  return {
    text: summary,
    blocks: [
      lines([
        [bold(`${title}: `), text(neutralText(`${step.name} misses ${words}`, 300)), ...deadline],
        ...(mentions.length === 0 ? [] : [mentions]),
      ]),
    ],
  };
}

function waitingStep({ status, standing }: RequestStory, { type, data }: Nudge) {
  if (status !== 'pending' || standing === undefined) return undefined;
  const progress = openSteps(standing).find(({ step }) => step.name === data.step);
  if (progress === undefined) return undefined;
  const isNewest =
    type === 'ApprovalReminded'
      ? progress.reminders === data.count
      : progress.level === data.level + 1;
  return isNewest ? progress : undefined;
}

interface Asked {
  readonly progress: StepProgress;
  readonly event: Nudge;
  readonly mentionable: Mentionable;
}

/** Accounts of those whose approval would count now; after an escalation only of those who were not asked before. */
function mentionsOf(story: RequestStory, { progress, event, mentionable }: Asked): Inline[] {
  const { people, teamId, isDisabled, at } = mentionable;
  const users = people.humans.flatMap(({ principal, slack }) => {
    if (slack?.team !== teamId || isDisabled(principal)) return [];
    const human = withOnCall(people, principal, at);
    return isAsked(human, progress, event) && mayDecide(story, human) ? [slack.user] : [];
  });
  const named = users
    .slice(0, MAX_MENTIONS)
    .flatMap((user): Inline[] => [{ type: 'user', user_id: user }, text(' ')]);
  const others = users.length - MAX_MENTIONS;
  return others > 0 ? [...named, text(`and ${others} more`)] : named;
}

function isAsked({ groups }: Principal, { step, level }: StepProgress, event: Nudge): boolean {
  if (step.type !== 'humans') return false;
  const asked =
    event.type === 'ApprovalReminded'
      ? groupsOf(step, level)
      : (step.escalate?.[event.data.level]?.groups ?? []);
  return groups.some((group) => asked.includes(group));
}
