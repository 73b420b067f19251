import { z } from 'zod';
import {
  ASK_VIEW,
  DENY_HOLD_VIEW,
  DENY_VIEW,
  DenyHoldMetadata,
  DenyMetadata,
  REASON_BLOCK,
  REASON_INPUT,
} from './deny-view.js';
import { Envelope, metadataText, typedLine } from './interaction.js';

const state = z.looseObject({
  values: z.looseObject({
    [REASON_BLOCK]: z.looseObject({
      [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
    }),
  }),
});

/** The dialog that asks why access is denied, submitted. */
export const DenySubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(DENY_VIEW),
    private_metadata: metadataText.pipe(DenyMetadata),
    state,
  }),
});
export type DenySubmission = z.infer<typeof DenySubmission>;

/** The dialog that asks what to ask the requester, submitted. */
export const AskSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  trigger_id: z.string().min(1).max(256),
  view: z.looseObject({
    callback_id: z.literal(ASK_VIEW),
    private_metadata: metadataText.pipe(DenyMetadata),
    state,
  }),
});
export type AskSubmission = z.infer<typeof AskSubmission>;

/** The same for a held call. */
export const DenyHoldSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(DENY_HOLD_VIEW),
    private_metadata: metadataText.pipe(DenyHoldMetadata),
    state,
  }),
});
export type DenyHoldSubmission = z.infer<typeof DenyHoldSubmission>;

/** The text that was typed in: one line of plain text, absent when there is none. */
export const reasonOf = ({
  view,
}: DenySubmission | DenyHoldSubmission | AskSubmission): string | undefined =>
  typedLine(view.state.values[REASON_BLOCK][REASON_INPUT].value);
