import type { types } from '@slack/bolt';
import type { ReviewedStory } from '../domain/is-open-review.js';
import type { RequestStory } from '../domain/request-story.js';
import type { GrantedStory } from '../nats/open-grants.js';
import { personWords, riskLine, whatWords } from './card-facts.js';
import { neutralText } from './neutral-text.js';
import { REVIEW_ACTION } from './review-action.js';
import { bold, durationWords, instant, lines, plain, text, type Inline } from './rich-text.js';

export const REVOKE_ACTION = 'drawbridge_revoke';
export const EXTEND_ACTION = 'drawbridge_extend';
/** Only a link; Slack tells of a press on it all the same. */
const OPEN_ACTION = 'drawbridge_open_card';

/** A request that waits for somebody, and where its card is, if that is known. */
export interface WaitingItem {
  readonly story: RequestStory;
  readonly link?: string | undefined;
}

/** What one human can decide and what they may know of that is open. */
export interface Overview {
  readonly waiting: readonly WaitingItem[];
  readonly waitingTotal: number;
  readonly open: readonly GrantedStory[];
  readonly openTotal: number;
  /** What they are to review; only few of them, since a message holds 50 blocks. */
  readonly reviews: readonly ReviewedStory[];
  readonly reviewsTotal: number;
}

/** An overview as blocks, for a message or a home. */
export function overviewBlocks(overview: Overview): types.KnownBlock[] {
  const { waiting, waitingTotal, open, openTotal, reviews, reviewsTotal } = overview;
  return [
    header(`Waits for you: ${waitingTotal}`),
    ...waiting.flatMap(waitingBlocks),
    ...moreBlock(waitingTotal - waiting.length),
    header(`Open now: ${openTotal}`),
    ...open.flatMap(openBlocks),
    ...moreBlock(openTotal - open.length),
    ...(reviewsTotal === 0 ? [] : [header(`To review: ${reviewsTotal}`)]),
    ...reviews.flatMap(reviewBlocks),
    ...moreBlock(reviewsTotal - reviews.length),
  ];
}

const header = (words: string): types.HeaderBlock => ({ type: 'header', text: plain(words) });

function reviewBlocks(story: ReviewedStory): types.KnownBlock[] {
  const { id, terms, review } = story;
  return [
    lines([
      [bold(titleOf(story))],
      [text(neutralText(terms.reason, 150))],
      [text('Due '), instant(review.dueBy)],
    ]),
    actions(id, [{ type: 'button', action_id: REVIEW_ACTION, text: plain('Review…'), value: id }]),
  ];
}

function waitingBlocks({ story, link }: WaitingItem): types.KnownBlock[] {
  const { terms, decideBy, id } = story;
  return [
    lines([
      [bold(titleOf(story)), ...moreTime(story)],
      riskLine(story.risk),
      [text(neutralText(terms.reason, 150))],
      ...(decideBy === undefined ? [] : [[text('Decide by '), instant(decideBy)]]),
    ]),
    ...(link === undefined ? [] : [actions(id, [linkButton(link)])]),
  ];
}

function openBlocks(story: GrantedStory): types.KnownBlock[] {
  return [
    lines([[bold(titleOf(story))], openWords(story)]),
    actions(story.id, [
      {
        type: 'button',
        action_id: REVOKE_ACTION,
        style: 'danger',
        text: plain('Revoke…'),
        value: story.id,
      },
      {
        type: 'button',
        action_id: EXTEND_ACTION,
        text: plain('More time…'),
        value: story.id,
      },
    ]),
  ];
}

const openWords = ({ grant, terms }: GrantedStory): Inline[] => [
  ...(terms.startAt === undefined ? [] : [text('From '), instant(grant.startsAt), text(' ')]),
  text(terms.startAt === undefined ? 'Until ' : 'until '),
  instant(grant.endsAt),
];

/** Where it is about more time for a grant that runs. */
const moreTime = ({ extends: extension, terms }: RequestStory): Inline[] =>
  extension === undefined ? [] : [text(`, ${durationWords(terms.durationSeconds)} more`)];

const titleOf = (story: RequestStory): string =>
  neutralText(
    `${personWords(story.requester)}: ${whatWords(story)} on ${story.terms.connection}`,
    200,
  );

const actions = (id: string, elements: types.Button[]): types.ActionsBlock => ({
  type: 'actions',
  block_id: `drawbridge_${id}`,
  elements,
});

const linkButton = (url: string): types.Button => ({
  type: 'button',
  action_id: OPEN_ACTION,
  text: plain('Open the card'),
  url,
});

const moreBlock = (count: number): types.KnownBlock[] =>
  count > 0
    ? [
        lines([
          [text(`And ${count} more: drawbridge approvals, drawbridge grants, drawbridge reviews`)],
        ]),
      ]
    : [];
