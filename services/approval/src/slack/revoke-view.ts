import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, whatWords } from './card-facts.js';
import { REASON_BLOCK, REASON_INPUT, textInput } from './deny-view.js';
import { Envelope, metadataText } from './interaction.js';
import { REVOKE_ACTION } from './overview-blocks.js';
import { lines, plain, text } from './rich-text.js';

export const REVOKE_VIEW = 'drawbridge_revoke';

const RevokeMetadata = z.strictObject({ requestId: z.uuid() });

/** The dialog that asks why a grant is to end. */
export function revokeView(story: RequestStory): types.ModalView {
  const { id: requestId, requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  return {
    type: 'modal',
    callback_id: REVOKE_VIEW,
    private_metadata: JSON.stringify({ requestId }),
    title: plain('Revoke access'),
    submit: plain('Revoke'),
    close: plain('Go back'),
    blocks: [
      lines([[text(about)], [text('It ends at once; what runs is cut off.')]]),
      textInput('Why? The agent reads this.', false),
    ],
  };
}

/** A press on Revoke, wherever the button stands. */
export const RevokeClick = Envelope.extend({
  type: z.literal('block_actions'),
  trigger_id: z.string().min(1).max(256),
  actions: z.tuple([z.looseObject({ action_id: z.literal(REVOKE_ACTION), value: z.uuid() })]),
});
export type RevokeClick = z.infer<typeof RevokeClick>;

/** The dialog, submitted. */
export const RevokeSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(REVOKE_VIEW),
    private_metadata: metadataText.pipe(RevokeMetadata),
    state: z.looseObject({
      values: z.looseObject({
        [REASON_BLOCK]: z.looseObject({
          [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
        }),
      }),
    }),
  }),
});
export type RevokeSubmission = z.infer<typeof RevokeSubmission>;
