import type { types } from '@slack/bolt';
import { canNarrow, narrowable } from '../domain/narrowing-choice.js';
import { isCounted, type RequestStory } from '../domain/request-story.js';
import { cardValueOf } from './card-value.js';
import { isShownWhole } from './exact-rules.js';
import { neutralText } from './neutral-text.js';
import { plain } from './rich-text.js';

export const APPROVE_ACTION = 'drawbridge_approve';
export const DENY_ACTION = 'drawbridge_deny';
/** A link, which Slack tells of when it is followed. */
export const LOG_IN_ACTION = 'drawbridge_approve_log_in';
export const NARROW_ACTION = 'drawbridge_narrow';
export const ASK_ACTION = 'drawbridge_ask';
export const RULES_ACTION = 'drawbridge_rules';
/** The menu behind the three dots. */
export const MORE_ACTION = 'drawbridge_more';
/** Entries of that menu; what they are about follows. */
export const MORE_RULES = 'rules';
export const MORE_TAKE_BACK = 'take_back';

type Element = types.Button | types.Overflow;

/** What can be pressed on a card: the decisions while it is open, and always what the exact rules are. */
export function cardButtons(story: RequestStory, shown: ShownCard): types.ActionsBlock {
  const elements = shown.isOpen ? openElements(story, shown) : [rulesButton(story)];
  return { type: 'actions', block_id: 'drawbridge_decision', elements };
}

interface ShownCard {
  readonly isOpen: boolean;
  readonly summary: string;
  /** Where to approve it with a fresh login. */
  readonly logIn?: string | undefined;
}

/** Whoever only has the account in Slack must not be able to approve. */
export const wantsLogIn = ({ approval }: RequestStory): boolean =>
  approval?.type === 'steps' && approval.stepUp !== undefined;

function openElements(story: RequestStory, { summary, logIn }: ShownCard): Element[] {
  if (wantsLogIn(story)) {
    const link = logIn === undefined ? [] : [logInButton(logIn)];
    return [...link, denyButton(story), moreMenu(story)];
  }
  // What cannot be shown whole must not be approved from here.
  const isApprovable = isShownWhole(story.terms.rules);
  return [
    ...(isApprovable ? [approveButton(story, summary)] : []),
    denyButton(story),
    ...(isApprovable && isNarrowable(story) ? [narrowButton(story)] : []),
    askButton(story),
    moreMenu(story),
  ];
}

/** Where a request is not asked in steps, who reads no steps would not see that somebody gave less. */
export const isNarrowable = (story: RequestStory): boolean =>
  story.approval?.type === 'steps' &&
  story.approval.stepUp === undefined &&
  canNarrow(narrowable(story));

const approveButton = (story: RequestStory, summary: string): types.Button => ({
  type: 'button',
  action_id: APPROVE_ACTION,
  style: 'primary',
  text: plain('Approve'),
  value: cardValueOf(story),
  confirm: {
    title: plain('Approve this access?'),
    text: plain(neutralText(`${summary}.`, 300)),
    confirm: plain('Approve'),
    deny: plain('Go back'),
  },
});

const logInButton = (url: string): types.Button => ({
  type: 'button',
  action_id: LOG_IN_ACTION,
  style: 'primary',
  text: plain('Approve (log in)'),
  url,
});

const denyButton = (story: RequestStory): types.Button => ({
  type: 'button',
  action_id: DENY_ACTION,
  style: 'danger',
  text: plain('Deny…'),
  value: cardValueOf(story),
});

const narrowButton = (story: RequestStory): types.Button => ({
  type: 'button',
  action_id: NARROW_ACTION,
  text: plain('Narrow…'),
  value: cardValueOf(story),
});

const askButton = (story: RequestStory): types.Button => ({
  type: 'button',
  action_id: ASK_ACTION,
  text: plain('Ask…'),
  value: cardValueOf(story),
});

const rulesButton = (story: RequestStory): types.Button => ({
  type: 'button',
  action_id: RULES_ACTION,
  text: plain('Exact rules'),
  value: cardValueOf(story),
});

function moreMenu(story: RequestStory): types.Overflow {
  const entry = (what: string, words: string): types.PlainTextOption => ({
    text: plain(words),
    value: `${what}:${cardValueOf(story)}`,
  });
  const hasApprovals = story.approvals.some(isCounted);
  return {
    type: 'overflow',
    action_id: MORE_ACTION,
    options: [
      entry(MORE_RULES, 'Exact rules'),
      ...(hasApprovals ? [entry(MORE_TAKE_BACK, 'Take back my approval')] : []),
    ],
  };
}
