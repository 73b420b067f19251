import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, whatWords } from './card-facts.js';
import { REASON_BLOCK, REASON_INPUT, textInput } from './deny-view.js';
import { Envelope, metadataText } from './interaction.js';
import { EXTEND_ACTION } from './overview-blocks.js';
import { durationWords, lines, plain, text } from './rich-text.js';

export const EXTEND_VIEW = 'drawbridge_extend';
export const MORE_BLOCK = 'drawbridge_more_time';
export const MORE_INPUT = 'seconds';

/** What can be chosen; policy says how much of it there is. */
const DURATIONS = [300, 600, 900, 1800, 3600];

const ExtendMetadata = z.strictObject({ requestId: z.uuid() });

/** The dialog that asks how much longer a grant should be open, and why. */
export function extendView(story: RequestStory): types.ModalView {
  const { id: requestId, requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  const options = DURATIONS.map((seconds) => ({
    text: plain(durationWords(seconds)),
    value: String(seconds),
  }));
  const [first] = options;
  return {
    type: 'modal',
    callback_id: EXTEND_VIEW,
    private_metadata: JSON.stringify({ requestId }),
    title: plain('More time'),
    submit: plain('Ask for it'),
    close: plain('Go back'),
    blocks: [
      lines([[text(about)], [text('Policy judges it, and the same people approve it again.')]]),
      {
        type: 'input',
        block_id: MORE_BLOCK,
        label: plain('How much longer'),
        element: {
          type: 'radio_buttons',
          action_id: MORE_INPUT,
          ...(first === undefined ? {} : { initial_option: first }),
          options,
        },
      },
      textInput('Why? Approvers read this.', false),
    ],
  };
}

/** A press on Extend, wherever the button stands. */
export const ExtendClick = Envelope.extend({
  type: z.literal('block_actions'),
  trigger_id: z.string().min(1).max(256),
  actions: z.tuple([z.looseObject({ action_id: z.literal(EXTEND_ACTION), value: z.uuid() })]),
});
export type ExtendClick = z.infer<typeof ExtendClick>;

/** The dialog, submitted. */
export const ExtendSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(EXTEND_VIEW),
    private_metadata: metadataText.pipe(ExtendMetadata),
    state: z.looseObject({
      values: z.looseObject({
        [MORE_BLOCK]: z.looseObject({
          [MORE_INPUT]: z.looseObject({
            selected_option: z.looseObject({
              value: z
                .string()
                .regex(/^\d{1,5}$/)
                .transform(Number)
                .refine((seconds) => DURATIONS.includes(seconds)),
            }),
          }),
        }),
        [REASON_BLOCK]: z.looseObject({
          [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
        }),
      }),
    }),
  }),
});
export type ExtendSubmission = z.infer<typeof ExtendSubmission>;
