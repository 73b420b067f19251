import type { types } from '@slack/bolt';
import { callWords } from '@drawbridge/holds';
import { z } from 'zod';
import type { HoldStory } from '../domain/hold-story.js';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, whatWords } from './card-facts.js';
import { neutralText } from './neutral-text.js';
import { lines, plain, text } from './rich-text.js';

export const DENY_VIEW = 'drawbridge_deny_reason';
export const ASK_VIEW = 'drawbridge_ask';
export const DENY_HOLD_VIEW = 'drawbridge_hold_deny_reason';
export const REASON_BLOCK = 'drawbridge_reason';
export const REASON_INPUT = 'reason';

const place = { channel: z.string().min(1), ts: z.string().min(1) };

/** The card on which Deny was pressed; only a pointer, every fact is read again on submission. */
export const DenyMetadata = z.strictObject({
  requestId: z.uuid(),
  /** Absent: of the request itself. */
  round: z.int().optional(),
  ...place,
});
export type DenyMetadata = z.infer<typeof DenyMetadata>;

/** The same for the card of a held call. */
export const DenyHoldMetadata = z.strictObject({ holdId: z.uuid(), ...place });
export type DenyHoldMetadata = z.infer<typeof DenyHoldMetadata>;

/** The dialog that asks why access is denied. */
export function denyAccessView(story: RequestStory, from: DenyMetadata): types.ModalView {
  const { requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  const title = 'Deny access';
  return denyView({ callbackId: DENY_VIEW, title, about, from: JSON.stringify(from) });
}

/** The dialog that asks what to ask the requester. */
export function askView(story: RequestStory, from: DenyMetadata): types.ModalView {
  const { requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  return {
    type: 'modal',
    callback_id: ASK_VIEW,
    private_metadata: JSON.stringify(from),
    title: plain('Ask'),
    submit: plain('Ask'),
    close: plain('Go back'),
    blocks: [
      lines([[text(about)], [text('The answer comes in the thread of the card.')]]),
      textInput('What do you want to know?', false),
    ],
  };
}

/** The dialog that asks why a held call is denied. */
export function denyHoldView({ held }: HoldStory, from: DenyHoldMetadata): types.ModalView {
  const words = neutralText(callWords(held.call), 300);
  const about = `${personWords(held.agent)}: ${words} on ${held.call.connection}`;
  const title = 'Deny this call';
  return denyView({ callbackId: DENY_HOLD_VIEW, title, about, from: JSON.stringify(from) });
}

interface DenyView {
  readonly callbackId: string;
  readonly title: string;
  readonly about: string;
  /** Comes back with the submission. */
  readonly from: string;
}

function denyView({ callbackId, title, about, from }: DenyView): types.ModalView {
  return {
    type: 'modal',
    callback_id: callbackId,
    private_metadata: from,
    title: plain(title),
    submit: plain('Deny'),
    close: plain('Go back'),
    blocks: [lines([[text(about)]]), textInput('Why? The requester reads this.', true)],
  };
}

/** A field for one text, with what stands in it at first. */
export const textInput = (
  label: string,
  optional: boolean,
  initial?: string,
): types.InputBlock => ({
  type: 'input',
  block_id: REASON_BLOCK,
  optional,
  label: plain(label),
  element: {
    type: 'plain_text_input',
    action_id: REASON_INPUT,
    multiline: true,
    max_length: 500,
    ...(initial === undefined ? {} : { initial_value: initial }),
  },
});
