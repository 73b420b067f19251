import type { types } from '@slack/bolt';
import { outcomeOf } from '@drawbridge/scope';
import type { RequestStory } from '../domain/request-story.js';
import { cardValueOf } from './card-value.js';
import { exactRules, factLines, personWords, whatWords } from './card-facts.js';
import { neutralMrkdwn, neutralText } from './neutral-text.js';
import { outcomeLines, titleOf } from './card-outcome.js';
import { waitingFor } from './card-steps.js';
import {
  bold,
  codeBlock,
  durationWords,
  instant,
  lines,
  plain,
  text,
  type Inline,
} from './rich-text.js';

export const APPROVE_ACTION = 'drawbridge_approve';
export const DENY_ACTION = 'drawbridge_deny';
/** `event_type` of the metadata by which a card is found again. */
export const CARD_METADATA = 'drawbridge_access_request';

/** A message as `chat.postMessage` and `chat.update` take it. */
export interface Card {
  /** For notifications and screen readers. */
  readonly text: string;
  readonly blocks: types.KnownBlock[];
  readonly metadata: types.MessageMetadata;
}

/**
 * What Slack shows of an access request: judged in ten seconds on a phone while it waits, and a record of
 * the outcome afterwards. The same story always gives the same card.
 */
export function renderCard(story: RequestStory): Card {
  const title = titleOf(story);
  return {
    text: neutralMrkdwn(`${title}: ${summaryOf(story)}`, 300),
    blocks: [
      { type: 'header', text: plain(neutralText(`${title}: ${story.terms.connection}`, 150)) },
      ...outcomeBlocks(story),
      lines(factLines(story)),
      ...rulesBlocks(story),
      lines([...waitingLines(story), referenceLine(story)]),
      ...buttonBlocks(story),
    ],
    metadata: { event_type: CARD_METADATA, event_payload: { request_id: story.id } },
  };
}

/** Whether the card takes decisions: not once the outcome stands, even before it is recorded. */
function isOpen({ status, standing }: RequestStory): boolean {
  return status === 'pending' && standing !== undefined && outcomeOf(standing) === 'open';
}

function summaryOf(story: RequestStory): string {
  const { requester, terms } = story;
  const time = durationWords(terms.durationSeconds);
  return `${personWords(requester)} wants ${whatWords(story)} on ${terms.connection} for ${time}`;
}

function outcomeBlocks(story: RequestStory): types.KnownBlock[] {
  const outcome = outcomeLines(story);
  return outcome.length === 0 ? [] : [lines(outcome)];
}

function rulesBlocks({ terms }: RequestStory): types.KnownBlock[] {
  const rules = exactRules(terms.rules);
  if (rules !== undefined) return [codeBlock(rules)];
  const note = `All ${terms.rules.length} rules are too long for Slack. To read and approve them, use the CLI.`;
  return [lines([[bold(note)]])];
}

function waitingLines(story: RequestStory): Inline[][] {
  const { decideBy } = story;
  if (!isOpen(story) || decideBy === undefined) return [];
  return waitingFor(story, [text('. Decide by '), instant(decideBy)]);
}

const referenceLine = ({ id, policy }: RequestStory): Inline[] => [
  text(neutralText(`Request ${id} · policy ${policy.name}@${policy.version}`, 300)),
];

function buttonBlocks(story: RequestStory): types.KnownBlock[] {
  if (!isOpen(story)) return [];
  // What cannot be shown whole must not be approved from here.
  const isShownWhole = exactRules(story.terms.rules) !== undefined;
  const elements = [...(isShownWhole ? [approveButton(story)] : []), denyButton(story)];
  return [{ type: 'actions', block_id: 'drawbridge_decision', elements }];
}

function approveButton(story: RequestStory): types.Button {
  return {
    type: 'button',
    action_id: APPROVE_ACTION,
    style: 'primary',
    text: plain('Approve'),
    value: cardValueOf(story),
    confirm: {
      title: plain('Approve this access?'),
      text: plain(neutralText(`${summaryOf(story)}.`, 300)),
      confirm: plain('Approve'),
      deny: plain('Go back'),
    },
  };
}

const denyButton = (story: RequestStory): types.Button => ({
  type: 'button',
  action_id: DENY_ACTION,
  style: 'danger',
  text: plain('Deny'),
  value: cardValueOf(story),
});
