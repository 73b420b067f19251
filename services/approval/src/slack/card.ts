import type { types } from '@slack/bolt';
import { outcomeOf } from '@drawbridge/scope';
import type { AgentPast } from '../domain/agent-history.js';
import type { RequestStory } from '../domain/request-story.js';
import { cardButtons, wantsLogIn } from './card-buttons.js';
import { factLines, issuerWords, personWords, whatWords } from './card-facts.js';
import { outcomeLines, titleOf } from './card-outcome.js';
import { waitingFor } from './card-steps.js';
import { isShownWhole } from './exact-rules.js';
import { neutralMrkdwn, neutralText } from './neutral-text.js';
import {
  bold,
  durationWords,
  utcWords,
  instant,
  lines,
  plain,
  smallPrint,
  text,
} from './rich-text.js';

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
 *
 * @param past - what the agent asked for before; absent when it is not known
 * @param logIn - where to approve it with a fresh login; absent where that is not possible
 */
export function renderCard(story: RequestStory, past?: AgentPast, logIn?: string): Card {
  const isOpen = isDecidable(story);
  return {
    text: neutralMrkdwn(`${titleOf(story)}: ${summaryOf(story)}`, 300),
    blocks: [
      { type: 'header', text: plain(neutralText(headingOf(story, isOpen), 150)) },
      ...outcomeBlocks(story),
      lines(factLines(story, past)),
      ...waitingBlocks(story, isOpen),
      cardButtons(story, { isOpen, summary: summaryOf(story), logIn }),
      smallPrint(neutralText(referenceOf(story), 300)),
    ],
    metadata: { event_type: CARD_METADATA, event_payload: { request_id: story.id } },
  };
}

/** Whether the card takes decisions: not once the outcome stands, even before it is recorded. */
function isDecidable({ status, standing }: RequestStory): boolean {
  return status === 'pending' && standing !== undefined && outcomeOf(standing) === 'open';
}

/** While it waits, who wants what; afterwards, what became of it. */
function headingOf(story: RequestStory, isOpen: boolean): string {
  const what = `${whatWords(story)} on ${story.terms.connection}`;
  const more = moreWords(story);
  return isOpen
    ? `${personWords(story.requester)} wants ${more}${what}`
    : `${titleOf(story)}: ${what}`;
}

/** Where it is about more time only, how much. */
const moreWords = ({ extends: extension, terms }: RequestStory): string =>
  extension === undefined ? '' : `${durationWords(terms.durationSeconds)} more of `;

function summaryOf(story: RequestStory): string {
  const { requester, terms, risk } = story;
  const time = durationWords(terms.durationSeconds);
  const from = terms.startAt === undefined ? '' : ` from ${utcWords(terms.startAt)} on`;
  const what = `${whatWords(story)} on ${terms.connection}`;
  const isMore = story.extends !== undefined;
  const wanted = isMore ? `${moreWords(story)}${what}` : `${what} for ${time}${from}`;
  return `${personWords(requester)} wants ${wanted}. Risk: ${risk.level}`;
}

function outcomeBlocks(story: RequestStory): types.KnownBlock[] {
  const outcome = outcomeLines(story);
  return outcome.length === 0 ? [] : [lines(outcome)];
}

function waitingBlocks(story: RequestStory, isOpen: boolean): types.KnownBlock[] {
  const { decideBy, terms } = story;
  if (!isOpen || decideBy === undefined) return [];
  const note = `All ${terms.rules.length} rules are too long for Slack. To read and approve them, use the CLI.`;
  const notes = [
    ...(isShownWhole(terms.rules) ? [] : [[bold(note)]]),
    ...(wantsLogIn(story) ? [[bold('Approving needs a fresh login.')]] : []),
  ];
  return [lines([...notes, ...waitingFor(story, [text('. Decide by '), instant(decideBy)])])];
}

const referenceOf = ({ id, policy, requester }: RequestStory): string =>
  `Identity of ${issuerWords(requester)} · policy ${policy.name}@${policy.version} · request ${id}`;
