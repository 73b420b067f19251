import type { types } from '@slack/bolt';
import type { HoldCancelReason, HoldStatus } from '@drawbridge/contracts';
import { callWords, missingApprovals } from '@drawbridge/holds';
import type { HoldDecision, HoldStory } from '../domain/hold-story.js';
import type { Card } from './card.js';
import { personWords } from './card-facts.js';
import { exactCall, holdFactLines } from './hold-card-facts.js';
import { neutralMrkdwn, neutralText } from './neutral-text.js';
import { bold, codeBlock, instant, lines, plain, text, type Inline } from './rich-text.js';

export const APPROVE_HOLD_ACTION = 'drawbridge_hold_approve';
export const DENY_HOLD_ACTION = 'drawbridge_hold_deny';
/** `event_type` of the metadata by which the card of a hold is found again. */
export const HOLD_METADATA = 'drawbridge_hold';

const titles: Readonly<Record<HoldStatus, string>> = {
  open: 'Held call',
  approved: 'Approved, waits for the call',
  denied: 'Call denied',
  lapsed: 'Lapsed, nobody decided in time',
  cancelled: 'Hold cancelled',
  released: 'Approved and let through',
  expired: 'Approved, and not used in time',
};

/**
 * What Slack shows of a held call: judged in ten seconds while the call waits, and a record of the outcome
 * afterwards. The same story always gives the same card.
 */
export function renderHoldCard(story: HoldStory): Card {
  const title = titles[story.status];
  const { connection } = story.held.call;
  return {
    text: neutralMrkdwn(`${title}: ${summaryOf(story)}`, 300),
    blocks: [
      { type: 'header', text: plain(neutralText(`${title}: ${connection}`, 150)) },
      ...outcomeBlocks(story),
      lines(holdFactLines(story)),
      ...exactBlocks(story),
      lines([waitingLine(story), referenceLine(story)].filter((line) => line.length > 0)),
      ...buttonBlocks(story),
    ],
    metadata: { event_type: HOLD_METADATA, event_payload: { hold_id: story.id } },
  };
}

function summaryOf({ held: { agent, call } }: HoldStory): string {
  return `${personWords(agent)} wants to ${neutralText(callWords(call), 200)} on ${call.connection}`;
}

function exactBlocks(story: HoldStory): types.KnownBlock[] {
  const exact = exactCall(story);
  if (exact !== undefined) return [codeBlock(exact)];
  const note = 'What this call does is too long for Slack. To read and approve it, use the CLI.';
  return [lines([[bold(note)]])];
}

function outcomeBlocks(story: HoldStory): types.KnownBlock[] {
  const outcome = outcomeLines(story);
  return outcome.length === 0 ? [] : [lines(outcome)];
}

/** Who decided what and when, and what became of the call; newest last. */
function outcomeLines(story: HoldStory): Inline[][] {
  const { endorsements, approval, denial, status, endedAt, validUntil } = story;
  return [
    ...endorsements.map((endorsement) => decisionLine('One yes ', endorsement)),
    ...(approval === undefined ? [] : [decisionLine('Approved once ', approval)]),
    ...(status === 'approved' && validUntil !== undefined
      ? [[bold('The call may pass once, until '), instant(validUntil)]]
      : []),
    ...(denial === undefined ? [] : [decisionLine('Denied ', denial)]),
    ...(endedAt === undefined || denial !== undefined
      ? []
      : [[bold(endWords(story)), text(' '), instant(endedAt)]]),
  ];
}

const cancelWords: Readonly<Record<HoldCancelReason, string>> = {
  client_gone: 'Cancelled: the agent went away',
  grant_ended: 'Cancelled: the grant has ended',
  policy_changed: 'Cancelled: the policy has changed',
};

function endWords({ status, cancelReason, releasedCommandId = '' }: HoldStory): string {
  if (status === 'released') return `Let through as command ${releasedCommandId}`;
  if (cancelReason !== undefined) return cancelWords[cancelReason];
  return status === 'expired' ? 'Not used in time' : 'Lapsed';
}

function decisionLine(what: string, { by, via, at, remark }: HoldDecision): Inline[] {
  const channel = via === 'slack' ? 'in Slack' : 'over HTTP';
  return [
    bold(what),
    text(`by ${personWords(by)} ${channel} `),
    instant(at),
    ...(remark === undefined ? [] : [text(`: ${neutralText(remark, 1000)}`)]),
  ];
}

function waitingLine(story: HoldStory): Inline[] {
  const { status, held } = story;
  if (status !== 'open') return [];
  const groups = neutralText(held.approvers.groups.join(' or '), 200);
  return [
    text(`Lets this one call through, once. Needs ${neededWords(story)} ${groups}. Decide by `),
    instant(held.decideBy),
  ];
}

/** Of how many different humans. */
function neededWords(story: HoldStory): string {
  const { held, endorsements } = story;
  const { count = 1 } = held.approvers;
  if (count === 1) return 'one approval from';
  const said = endorsements.map(({ by }) => by);
  return `approvals of ${count} different people, ${missingApprovals(held, said)} more, from`;
}

const referenceLine = ({ id, held: { call } }: HoldStory): Inline[] => [
  text(neutralText(`Hold ${id} · guardrail ${call.rule}@${call.policyVersion}`, 300)),
];

function buttonBlocks(story: HoldStory): types.KnownBlock[] {
  if (story.status !== 'open' && story.status !== 'approved') return [];
  // What cannot be shown whole must not be approved from here.
  const isApprovable = story.status === 'open' && exactCall(story) !== undefined;
  const elements = [...(isApprovable ? [approveButton(story)] : []), denyButton(story)];
  return [{ type: 'actions', block_id: 'drawbridge_hold_decision', elements }];
}

const approveButton = (story: HoldStory): types.Button => ({
  type: 'button',
  action_id: APPROVE_HOLD_ACTION,
  style: 'primary',
  text: plain('Approve once'),
  value: story.id,
  confirm: {
    title: plain('Let this call through?'),
    text: plain(neutralText(`${summaryOf(story)}.`, 300)),
    confirm: plain('Approve once'),
    deny: plain('Go back'),
  },
});

const denyButton = (story: HoldStory): types.Button => ({
  type: 'button',
  action_id: DENY_HOLD_ACTION,
  style: 'danger',
  text: plain(story.status === 'approved' ? 'Take back' : 'Deny'),
  value: story.id,
});
