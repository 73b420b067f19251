import type { types } from '@slack/bolt';
import type { GrantedStory } from '../nats/open-grants.js';
import type { Card } from './card.js';
import { factLines, personWords, whatWords } from './card-facts.js';
import { outcomeLines } from './card-outcome.js';
import { neutralMrkdwn, neutralText } from './neutral-text.js';
import { REVOKE_ACTION } from './overview-blocks.js';
import { REVIEW_ACTION } from './review-action.js';
import { bold, emoji, instant, lines, plain, smallPrint, text, type Inline } from './rich-text.js';

/** `event_type` of the metadata by which an announcement is found again. */
export const BREAK_GLASS_METADATA = 'drawbridge_break_glass';

/**
 * What everybody is told when somebody has access that nobody approved: there is nothing on it by which it could be
 * put away, only the end of the access and, afterwards, the review. The same story always gives the same card.
 */
export function renderBreakGlassCard(story: GrantedStory): Card {
  const heading = `${titleOf(story)}: ${personWords(story.requester)}`;
  const about = `${whatWords(story)} on ${story.terms.connection}`;
  return {
    text: neutralMrkdwn(`${heading}, ${about}: ${story.terms.reason}`, 300),
    blocks: [
      { type: 'header', text: plain(neutralText(`${heading}, ${about}`, 150)) },
      lines([statusLine(story), ...outcomeLines(story), ...reviewLines(story)]),
      lines(factLines(story, undefined)),
      ...buttons(story),
      smallPrint(
        neutralText(
          `Nobody approved this · policy ${story.policy.name}@${story.policy.version} · request ${story.id}`,
          300,
        ),
      ),
    ],
    metadata: { event_type: BREAK_GLASS_METADATA, event_payload: { request_id: story.id } },
  };
}

const isOver = ({ grant, status }: GrantedStory): boolean =>
  grant.ended !== undefined || status === 'withdrawn';

function titleOf(story: GrantedStory): string {
  if (!isOver(story)) return 'Glass broken';
  return story.review?.completed === undefined ? 'Glass broken, over' : 'Glass broken, reviewed';
}

/** Red until somebody has said that it was justified, and red for ever when somebody has said that it was not. */
function statusLine(story: GrantedStory): Inline[] {
  const { review, grant } = story;
  if (!isOver(story)) {
    const words = ' Open now, without an approver, until ';
    return [emoji('red_circle'), bold(words), instant(grant.endsAt)];
  }
  if (review?.completed === undefined) {
    return [emoji('red_circle'), bold(' It is over. Somebody has to review it.')];
  }
  return review.completed.verdict === 'justified'
    ? [emoji('white_check_mark'), bold(' Reviewed: justified.')]
    : [emoji('red_circle'), bold(' Reviewed: not justified.')];
}

function reviewLines({ review }: GrantedStory): Inline[][] {
  if (review === undefined) return [];
  const { groups, dueBy, completed } = review;
  if (completed === undefined) {
    const who = neutralText(groups.join(' or '), 300);
    return [[bold('Review: '), text(`by one of ${who}, due `), instant(dueBy)]];
  }
  const note = neutralText(completed.note, 1000);
  return [
    [bold('Reviewed '), text(`by ${personWords(completed.by)} `), instant(completed.at)],
    [text(note)],
  ];
}

function buttons(story: GrantedStory): types.ActionsBlock[] {
  const { id } = story;
  const action = (name: string, words: string): types.ActionsBlock => ({
    type: 'actions',
    block_id: 'drawbridge_break_glass',
    elements: [{ type: 'button', action_id: name, style: 'danger', text: plain(words), value: id }],
  });
  if (!isOver(story)) return [action(REVOKE_ACTION, 'Revoke…')];
  const isOpen = story.review !== undefined && story.review.completed === undefined;
  return isOpen ? [action(REVIEW_ACTION, 'Review…')] : [];
}
