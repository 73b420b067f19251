import { z } from 'zod';
import { RequestId } from '@drawbridge/contracts';
import { APPROVE_ACTION, DENY_ACTION } from './card.js';
import { DENY_VIEW, DenyMetadata, REASON_BLOCK, REASON_INPUT } from './deny-view.js';

const id = z.string().min(1).max(64);

/** What every interaction says about where it comes from. */
export const Envelope = z.looseObject({
  type: z.string(),
  /** Absent or `null` for an app that is installed for a whole organisation: not us. */
  team: z.looseObject({ id }),
  api_app_id: id,
  user: z.looseObject({ id, team_id: id.optional() }),
});
export type Envelope = z.infer<typeof Envelope>;

/** A press on a button of a card. */
export const CardClick = Envelope.extend({
  type: z.literal('block_actions'),
  trigger_id: z.string().min(1).max(256),
  container: z.looseObject({ type: z.literal('message'), message_ts: id, channel_id: id }),
  actions: z.tuple([
    z.looseObject({ action_id: z.enum([APPROVE_ACTION, DENY_ACTION]), value: RequestId }),
  ]),
});
export type CardClick = z.infer<typeof CardClick>;

const metadataText = z.string().max(3000).transform(parseJson).pipe(DenyMetadata);

/** The dialog that asks for a reason, submitted. */
export const DenySubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(DENY_VIEW),
    private_metadata: metadataText,
    state: z.looseObject({
      values: z.looseObject({
        [REASON_BLOCK]: z.looseObject({
          [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
        }),
      }),
    }),
  }),
});
export type DenySubmission = z.infer<typeof DenySubmission>;

/** An interaction that is ours to answer. */
export const OurInteraction = z.union([CardClick, DenySubmission]);

/** The reason that was typed in: one line of plain text, absent when there is none. */
export function reasonOf({ view }: DenySubmission): string | undefined {
  const typed = view.state.values[REASON_BLOCK][REASON_INPUT].value ?? '';
  const reason = typed
    .replaceAll(/[\p{Cc}\p{Bidi_Control}]+/gu, ' ')
    .trim()
    .slice(0, 500);
  return reason === '' ? undefined : reason;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
