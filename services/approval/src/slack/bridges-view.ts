import { StopTarget } from '@drawbridge/contracts';
import type { types } from '@slack/bolt';
import { z } from 'zod';
import { REASON_BLOCK, REASON_INPUT, textInput } from './deny-view.js';
import { Envelope, metadataText } from './interaction.js';
import { neutralText } from './neutral-text.js';
import { bold, lines, plain, text } from './rich-text.js';
import { targetWords } from './stop-words.js';

export const BRIDGES_VIEW = 'drawbridge_bridges';

/** What is to be done with which bridges; whether they may is asked again on submission. */
const BridgesMetadata = z.strictObject({
  order: z.enum(['raise', 'release']),
  target: StopTarget,
});
export type BridgesMetadata = z.infer<typeof BridgesMetadata>;

interface Asked extends BridgesMetadata {
  /** How many open grants a raise would end. */
  readonly openGrants: number;
  /** What was typed already. */
  readonly reason: string | undefined;
}

/** The dialog that asks why bridges are to be raised or released, and says what that does. */
export function bridgesView({ order, target, openGrants, reason }: Asked): types.ModalView {
  const what = neutralText(targetWords(target), 300);
  const isRaise = order === 'raise';
  return {
    type: 'modal',
    callback_id: BRIDGES_VIEW,
    private_metadata: JSON.stringify({ order, target }),
    title: plain(isRaise ? 'Raise bridges' : 'Release bridges'),
    submit: plain(isRaise ? 'Raise' : 'Release'),
    close: plain('Go back'),
    blocks: [
      lines([
        [bold(`${isRaise ? 'Raise' : 'Release'} ${what}`)],
        [text(isRaise ? endsWords(openGrants) : releasedWords)],
      ]),
      textInput('Why? Whoever asks for access reads this.', false, reason),
    ],
  };
}

const endsWords = (count: number): string =>
  `${count} open ${count === 1 ? 'grant ends' : 'grants end'} at once, and what runs is cut off. Nothing is granted there until they are released.`;
const releasedWords = 'What had ended stays ended; new requests are judged as ever.';

/** The dialog, submitted. */
export const BridgesSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(BRIDGES_VIEW),
    private_metadata: metadataText.pipe(BridgesMetadata),
    state: z.looseObject({
      values: z.looseObject({
        [REASON_BLOCK]: z.looseObject({
          [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
        }),
      }),
    }),
  }),
});
export type BridgesSubmission = z.infer<typeof BridgesSubmission>;
