import { ReviewVerdict } from '@drawbridge/contracts';
import type { types } from '@slack/bolt';
import { z } from 'zod';
import type { RequestStory } from '../domain/request-story.js';
import { personWords, whatWords } from './card-facts.js';
import { REASON_BLOCK, REASON_INPUT, textInput } from './deny-view.js';
import { Envelope, metadataText } from './interaction.js';
import { neutralText } from './neutral-text.js';
import { REVIEW_ACTION } from './review-action.js';
import { lines, plain, text } from './rich-text.js';

export const REVIEW_VIEW = 'drawbridge_review';
export const VERDICT_BLOCK = 'drawbridge_verdict';
export const VERDICT_INPUT = 'verdict';

const ReviewMetadata = z.strictObject({ requestId: z.uuid() });

const verdicts: Readonly<Record<ReviewVerdict, string>> = {
  justified: 'It was justified',
  not_justified: 'It was not justified',
};

/** The dialog in which a reviewer says whether it was justified; nothing is chosen beforehand. */
export function reviewDialog(story: RequestStory): types.ModalView {
  const { id: requestId, requester, terms } = story;
  const about = `${personWords(requester)}: ${whatWords(story)} on ${terms.connection}`;
  return {
    type: 'modal',
    callback_id: REVIEW_VIEW,
    private_metadata: JSON.stringify({ requestId }),
    title: plain('Review'),
    submit: plain('Complete'),
    close: plain('Go back'),
    blocks: [
      lines([
        [text(about)],
        [text(neutralText(terms.reason, 600))],
        [text(`What was done: drawbridge audit commands --grant ${story.grant?.id ?? ''}`)],
      ]),
      {
        type: 'input',
        block_id: VERDICT_BLOCK,
        label: plain('Was it justified to do this without an approver?'),
        element: {
          type: 'radio_buttons',
          action_id: VERDICT_INPUT,
          options: ReviewVerdict.options.map((value) => ({ text: plain(verdicts[value]), value })),
        },
      },
      textInput('Why? Whoever did it reads this.', false),
    ],
  };
}

/** A press on Review, wherever the button stands. */
export const ReviewClick = Envelope.extend({
  type: z.literal('block_actions'),
  trigger_id: z.string().min(1).max(256),
  actions: z.tuple([z.looseObject({ action_id: z.literal(REVIEW_ACTION), value: z.uuid() })]),
});
export type ReviewClick = z.infer<typeof ReviewClick>;

/** The dialog, submitted. */
export const ReviewSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(REVIEW_VIEW),
    private_metadata: metadataText.pipe(ReviewMetadata),
    state: z.looseObject({
      values: z.looseObject({
        [VERDICT_BLOCK]: z.looseObject({
          [VERDICT_INPUT]: z.looseObject({
            selected_option: z.looseObject({ value: ReviewVerdict }),
          }),
        }),
        [REASON_BLOCK]: z.looseObject({
          [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
        }),
      }),
    }),
  }),
});
export type ReviewSubmission = z.infer<typeof ReviewSubmission>;
