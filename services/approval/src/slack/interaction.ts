import { z } from 'zod';
import { HoldId } from '@drawbridge/contracts';
import { CardValue } from './card-value.js';
import { APPROVE_ACTION, DENY_ACTION } from './card.js';
import {
  DENY_HOLD_VIEW,
  DENY_VIEW,
  DenyHoldMetadata,
  DenyMetadata,
  REASON_BLOCK,
  REASON_INPUT,
} from './deny-view.js';
import { APPROVE_HOLD_ACTION, DENY_HOLD_ACTION } from './hold-card.js';

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

const pressed = {
  type: z.literal('block_actions'),
  trigger_id: z.string().min(1).max(256),
  container: z.looseObject({ type: z.literal('message'), message_ts: id, channel_id: id }),
};

/** A press on a button of the card of an access request. */
export const CardClick = Envelope.extend({
  ...pressed,
  actions: z.tuple([
    z.looseObject({ action_id: z.enum([APPROVE_ACTION, DENY_ACTION]), value: CardValue }),
  ]),
});
export type CardClick = z.infer<typeof CardClick>;

/** A press on a button of the card of a held call. */
export const HoldClick = Envelope.extend({
  ...pressed,
  actions: z.tuple([
    z.looseObject({ action_id: z.enum([APPROVE_HOLD_ACTION, DENY_HOLD_ACTION]), value: HoldId }),
  ]),
});
export type HoldClick = z.infer<typeof HoldClick>;

const metadataText = z.string().max(3000).transform(parseJson);
const state = z.looseObject({
  values: z.looseObject({
    [REASON_BLOCK]: z.looseObject({
      [REASON_INPUT]: z.looseObject({ value: z.string().max(3000).nullish() }),
    }),
  }),
});

/** The dialog that asks for a reason, submitted. */
export const DenySubmission = Envelope.extend({
  type: z.literal('view_submission'),
  view: z.looseObject({
    callback_id: z.literal(DENY_VIEW),
    private_metadata: metadataText.pipe(DenyMetadata),
    state,
  }),
});
export type DenySubmission = z.infer<typeof DenySubmission>;

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

/** An interaction that is ours to answer. */
export const OurInteraction = z.union([CardClick, DenySubmission, HoldClick, DenyHoldSubmission]);

/** The reason that was typed in: one line of plain text, absent when there is none. */
export function reasonOf({ view }: DenySubmission | DenyHoldSubmission): string | undefined {
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
