import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, whatWords } from './card-facts.js';
import { lines, plain, text } from './rich-text.js';

export const DENY_VIEW = 'drawbridge_deny_reason';
export const REASON_BLOCK = 'drawbridge_reason';
export const REASON_INPUT = 'reason';

/** The card on which Deny was pressed; only a pointer, every fact is read again on submission. */
export const DenyMetadata = z.strictObject({
  requestId: z.uuid(),
  channel: z.string().min(1),
  ts: z.string().min(1),
});
export type DenyMetadata = z.infer<typeof DenyMetadata>;

/** The dialog that asks why access is denied. */
export function denyView(story: RequestStory, from: DenyMetadata): types.ModalView {
  const { requester, terms } = story;
  const what = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  return {
    type: 'modal',
    callback_id: DENY_VIEW,
    private_metadata: JSON.stringify(from),
    title: plain('Deny access'),
    submit: plain('Deny'),
    close: plain('Go back'),
    blocks: [
      lines([[text(what)]]),
      {
        type: 'input',
        block_id: REASON_BLOCK,
        optional: true,
        label: plain('Why? The requester reads this.'),
        element: {
          type: 'plain_text_input',
          action_id: REASON_INPUT,
          multiline: true,
          max_length: 500,
        },
      },
    ],
  };
}
