import type { AccessEvent, AccessEventData, Principal } from '@drawbridge/contracts';
import { withOnCall, type People } from '@drawbridge/people';
import type { RequestStory } from '../domain/request-story.js';
import { mayReview } from '../domain/review.js';
import { personWords } from './card-facts.js';
import type { ThreadNote } from './card-thread.js';
import { neutralText } from './neutral-text.js';
import { bold, instant, lines, text, type Inline } from './rich-text.js';

/** A notification of everybody is one of nobody. */
const MAX_MENTIONS = 5;

/** Who can be told in Slack. */
export interface Reviewers {
  readonly people: () => People | undefined;
  readonly teamId: string;
  readonly isDisabled: (human: Principal) => boolean;
  readonly at: string;
}

/** What the thread of an announcement says of its review; `undefined` when there is nothing to say. */
export function renderReviewPost(
  story: RequestStory,
  event: AccessEvent,
  reviewers: Reviewers,
): Pick<ThreadNote, 'text' | 'blocks'> | undefined {
  const { review } = story;
  if (event.type === 'ReviewCompleted') return completedPost(event.data);
  const isWanted = event.type === 'ReviewRequested' || event.type === 'ReviewReminded';
  if (!isWanted || review === undefined || review.completed !== undefined) return undefined;
  // A later reminder says the same.
  if (event.type === 'ReviewReminded' && event.data.count !== review.reminders) return undefined;
  const title = event.type === 'ReviewRequested' ? 'Wants a review' : 'Still wants a review';
  const who = neutralText(review.groups.join(' or '), 300);
  const mentions = mentionsOf(story, review.groups, reviewers);
  return post([
    bold(title),
    text(` by one of ${who}, due `),
    instant(review.dueBy),
    ...(mentions.length === 0 ? [] : [text(' '), ...mentions]),
  ]);
}

function completedPost({ by, verdict, note }: AccessEventData<'ReviewCompleted'>) {
  const words = verdict === 'justified' ? 'justified' : 'not justified';
  return post([bold(`Reviewed: ${words}`), text(`, by ${personWords(by)}`)], note);
}

function post(line: Inline[], note?: string): Pick<ThreadNote, 'text' | 'blocks'> {
  const words = line.map((part) => {
    if (part.type === 'text') return part.text;
    return part.type === 'date' ? (part.fallback ?? '') : '';
  });
  const more = note === undefined ? [] : [[text(neutralText(note, 1000))]];
  return { text: words.join(''), blocks: [lines([line, ...more])] };
}

function mentionsOf(
  { requester }: RequestStory,
  groups: readonly string[],
  { people, teamId, isDisabled, at }: Reviewers,
): Inline[] {
  const known = people();
  const users = (known?.humans ?? []).flatMap(({ principal, slack }) => {
    if (slack?.team !== teamId || isDisabled(principal)) return [];
    return mayReview(withOnCall(known, principal, at), requester, groups) ? [slack.user] : [];
  });
  return users
    .slice(0, MAX_MENTIONS)
    .flatMap((user): Inline[] => [{ type: 'user', user_id: user }, text(' ')]);
}
