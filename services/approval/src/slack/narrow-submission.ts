import { z } from 'zod';
import type { NarrowingChoice } from '../domain/narrowing-choice.js';
import { Envelope, metadataText } from './interaction.js';
import {
  AS_ASKED,
  CHECKED_INPUT,
  NAMESPACES_BLOCK,
  NARROW_VIEW,
  NarrowMetadata,
  RULES_BLOCK,
  TIME_BLOCK,
  TIME_INPUT,
} from './narrow-view.js';

const position = z
  .string()
  .regex(/^\d{1,2}$/)
  .transform(Number);
const Checked = z.looseObject({
  [CHECKED_INPUT]: z.looseObject({
    selected_options: z.array(z.looseObject({ value: position })).max(10),
  }),
});
const Time = z.looseObject({
  [TIME_INPUT]: z.looseObject({
    selected_option: z.looseObject({ value: z.string().regex(/^(as_asked|\d{1,5})$/) }),
  }),
});

/** What was chosen, and below which field the dialog shows what went wrong. */
export interface NarrowingState {
  readonly choice: NarrowingChoice;
  readonly field: string;
}

/** The choices as positions in what was offered; a block that the dialog did not have is absent. */
const State = z
  .record(z.string().max(60), z.unknown())
  .refine((values) => Object.keys(values).length <= 20)
  .transform((values, context): NarrowingState => {
    try {
      return { choice: choiceOf(values), field: Object.keys(values)[0] ?? TIME_BLOCK };
    } catch {
      context.addIssue({ code: 'custom', message: 'not what this dialog asks' });
      return z.NEVER;
    }
  });

/** The dialog in which an approver gives less, submitted. */
export const NarrowSubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(NARROW_VIEW),
    private_metadata: metadataText.pipe(NarrowMetadata),
    state: z.looseObject({ values: State }),
  }),
});
export type NarrowSubmission = z.infer<typeof NarrowSubmission>;

function choiceOf(values: Readonly<Record<string, unknown>>): NarrowingChoice {
  const time = values[TIME_BLOCK];
  const seconds =
    time === undefined ? AS_ASKED : Time.parse(time)[TIME_INPUT].selected_option.value;
  return {
    ...(seconds === AS_ASKED ? {} : { durationSeconds: Number(seconds) }),
    ...(hasBlock(values, RULES_BLOCK) ? { rules: checkedIn(values, RULES_BLOCK) } : {}),
    ...(hasBlock(values, NAMESPACES_BLOCK)
      ? { namespaces: checkedIn(values, NAMESPACES_BLOCK) }
      : {}),
  };
}

const hasBlock = (values: Readonly<Record<string, unknown>>, prefix: string): boolean =>
  Object.keys(values).some((block) => block.startsWith(prefix));

const checkedIn = (values: Readonly<Record<string, unknown>>, prefix: string): number[] =>
  Object.entries(values)
    .filter(([block]) => block.startsWith(prefix))
    .flatMap(([, block]) => Checked.parse(block)[CHECKED_INPUT].selected_options)
    .map(({ value }) => value);
